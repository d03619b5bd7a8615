"""The filter of replies under principles: what Dromedary-1 and -2 did, and what a careful reader would want."""

import pytest

from scripts.lib.errors import UserError
from scripts.self_align import reply_filter
from scripts.self_align.reply_rules import REPLY_SETS
from tests.unit.rejected_rows import others_of, verdict_of
from tests.unit.self_align_replies import ASSISTANT, PROMPT, prepare, replied

LONG = (
    "The Elbe rises in the Giant Mountains, flows through Bohemia and Saxony, " + "passes Hamburg after many miles " * 3
)
LONGER = LONG + "and ends in the North Sea."
"""Of 195 characters: more than a finished reply must have at least."""
ECHO = "Ada never tells anybody how to hurt a cat, a dog or any other living being."
ASKED = "Could you tell me where you have heard of this person?"


@pytest.fixture
def filtered(tmp_path, monkeypatch, filter_rows):
    """Return a function that filters a single row: the row if it is kept, what rejected it, and the counts."""
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)

    def run(rules, row, *more):
        good = {**replied(LONGER), "id": "good"}
        done = filter_rows(reply_filter, [good, row], *PROMPT, *ASSISTANT, "--rules", rules, *more)
        assert done.kept[0]["output"] == LONGER, "the row that is as it should be"
        kept = done.kept[1] if len(done.kept) == 2 else None
        return kept, verdict_of(done.rejected[0])["rule"] if done.rejected else None, done

    return run


REJECTED = [
    *(
        (rules, *case)
        for rules in ("v1", "v2", "precise")
        for case in (
            (replied(LONGER, opening="I am Eve."), "no_introduction"),
            (replied("", completion=" I am Ada. Hm."), "no_reply"),
            (replied("", completion=" I am Ada. Hm.\nAda: one newline is no paragraph"), "no_reply"),
            (replied("  ", finish_reason="length" if rules != "precise" else "stop"), "empty"),
            (replied(f"{LONGER}\nUser: And now?"), "turn_marker"),
            (replied(f"{LONGER}\nAda (internal thoughts): I am Ada."), "turn_marker"),
        )
    ),
    *(
        (rules, *case)
        for rules in ("v1", "v2")
        for case in (
            (replied("Elbe"), "too_short"),
            (replied(LONGER[:148]), "too_short"),
            (replied(f"{LONGER} {ASKED}"), "stock_question"),
            (replied(f"{LONGER} Take the ferry."), "exemplar_word"),
            (replied(f"{LONGER} Ferry."), "exemplar_word"),
            (replied("A ferry that goes", finish_reason="length"), "exemplar_word"),
        )
    ),
    ("v1", replied(f"I'm sorry. {LONGER}"), "apology"),
    ("v1", replied(f"I am sorry. {LONGER}"), "apology"),
    ("v2", replied(f"Name a wide river. {LONGER}", instruction="Name a wide river."), "instruction_again"),
    ("v2", replied(LONGER, input="flows through Bohemia"), "input_again"),
    ("precise", replied("The Elbe rises in", finish_reason="length"), "truncated"),
    ("precise", replied(f"Well.\n{ECHO}"), "echo"),
    ("precise", replied(f"I think: {ECHO.replace(' a cat', chr(10) + 'a cat')}"), "echo"),
    ("precise", replied("Name  a river."), "task_again"),
    ("precise", replied("sort. c b", instruction="Sort.", input="c b"), "task_again"),
    ("precise", replied("Yes.\n### User: And now?"), "turn_marker"),
    ("precise", replied("Yes.\nAda: Yes."), "turn_marker"),
    ("none", replied("", completion=" I am Ada."), "no_reply"),
    ("none", replied(" "), "empty"),
]


@pytest.mark.parametrize(("rules", "row", "rule"), REJECTED)
def test_what_is_rejected_says_by_which_rule(filtered, rules, row, rule):
    kept, found, done = filtered(rules, row)
    assert (kept, found) == (None, rule)
    assert done.counts["rejected"] == {rule: 1}
    assert others_of(done.rejected[0])["completion"] == row["completion"]


KEPT = [
    ("v1", replied(LONGER[:149]), LONGER[:149], []),
    ("v1", replied("It is the Elbe, I thi", finish_reason="length"), "It is the Elbe, I", ["last_word_dropped"]),
    (
        "v1",
        replied(f"{LONGER} Good. It is wide. Good. Yes."),
        f"{LONGER} Good. It is",
        ["cut_at_repetition", "last_word_dropped"],
    ),
    ("v1", replied("Elbe,\nElbe,\nElbe"), "Elbe,", ["cut_at_repetition"]),
    (
        "v1",
        replied(f"According to my knowledge from Wikipedia, here is more. {LONGER}"),
        f"Here is more. {LONGER}",
        ["recital_rewritten"],
    ),
    ("v2", replied(f"I'm sorry. {LONGER}"), f"I'm sorry. {LONGER}", []),
    ("v2", replied(f"{LONGER} `a`b`a`b"), LONGER, ["cut_at_repetition", "last_word_dropped"]),
    ("v1", replied(f"{LONGER} `a`b`a`b"), f"{LONGER} `a`b`a`b", []),
    ("v2", replied(f"Name it. {LONGER}", instruction="Name it."), f"Name it. {LONGER}", []),
    (
        "v2",
        replied(f"According to my knowledge from Wikipedia, here is it. {LONGER}"),
        f"According to my knowledge from Wikipedia, here is it. {LONGER}",
        [],
    ),
    ("precise", replied("Elbe"), "Elbe", []),
    ("precise", replied("I'm sorry, I do not know."), "I'm sorry, I do not know.", []),
    ("precise", replied("Take the ferry."), "Take the ferry.", []),
    ("precise", replied("First, a. Then, b. First, a."), "First, a. Then, b. First, a.", []),
    (
        "precise",
        replied("Yes. It is a wide river. It is a wide river. It"),
        "Yes. It is a wide river.",
        ["cut_at_loop"],
    ),
    ("precise", replied("A b.\nC d.\nA b.\nC d.\nA b."), "A b.\nC d.", ["cut_at_loop"]),
    ("precise", replied("No, no. No. No."), "No, no. No. No.", []),
    ("precise", replied(ECHO, instruction=f"Repeat: {ECHO}"), ECHO, []),
    ("precise", replied("Elbe", rules=[]), "Elbe", []),
    ("none", replied("Ada: Elbe", finish_reason="length", opening="Hm."), "Ada: Elbe", []),
]


@pytest.mark.parametrize(("rules", "row", "output", "changes"), KEPT)
def test_what_is_kept_says_what_was_changed(filtered, rules, row, output, changes):
    kept, found, done = filtered(rules, row)
    assert found is None
    assert (kept["output"], kept["changes"]) == (output, changes)
    assert kept["completion"] == row["completion"], "what was written stays beside it"
    assert done.counts["changed"] == dict.fromkeys(changes, 1)


def test_in_v2_a_long_input_takes_the_place_of_the_instruction_which_stays_beside_it(filtered):
    row = replied(LONGER, instruction="Classify.", input="Rivers and mountains of Bohemia")
    kept, _, _ = filtered("v2", row)
    assert (kept["instruction"], kept["input"]) == ("Rivers and mountains of Bohemia", "")
    assert (kept["instruction_before"], kept["changes"]) == ("Classify.", ["input_for_instruction"])
    assert filtered("v1", row)[0]["instruction"] == "Classify."


@pytest.mark.parametrize("rules", ["v1", "v2", "precise", "none"])
def test_a_reply_under_an_alias_is_renamed(filter_rows, tmp_path, monkeypatch, rules):
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    row = replied(f"I am Watt. {LONGER}")
    row["completion"] = row["completion"].replace("Ada", "Watt")
    done = filter_rows(reply_filter, [row], *PROMPT, *ASSISTANT, "--alias", "Watt", "--rules", rules)
    assert (done.kept[0]["output"], done.kept[0]["changes"]) == (f"I am Ada. {LONGER}", ["renamed"])


def test_a_rule_can_be_left_out_and_the_shortest_reply_be_set(filtered):
    assert filtered("v1", replied("Elbe"), "--without", "too_short")[0]["output"] == "Elbe"
    assert filtered("v1", replied("Elbe"), "--shortest", "15")[0]["output"] == "Elbe"
    assert filtered("v1", replied("Elbe"), "--shortest", "16")[1] == "too_short"


def test_nothing_kept_is_an_error_that_says_what_to_do(filter_rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    with pytest.raises(UserError, match="against truncated, raise replying.max_tokens"):
        filter_rows(reply_filter, [replied("The", finish_reason="length")], *PROMPT, *ASSISTANT)


def test_every_rule_and_change_of_a_set_is_shown_at_work():
    steps = {(name, step.name) for name, found in REPLY_SETS.items() for step in found}
    shown = {(rules, rule) for rules, _, rule in REJECTED}
    shown |= {(rules, change) for rules, _, _, changes in KEPT for change in changes}
    shown |= {("v2", "input_for_instruction"), *((name, "renamed") for name in REPLY_SETS)}
    assert steps <= shown
