"""Replies at length, through the command lines: what is asked, what is collected, and the filter over it."""

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.self_align import collect_verbose, plan_verbose, verbose_filter
from scripts.self_align.verbose_rules import VERBOSE_SETS
from tests.unit.commands import run
from tests.unit.rejected_rows import verdict_of
from tests.unit.self_align_replies import MADE_BY, TASKS

IDENTITY = [{"id": f"i{n}", "instruction": "Who are you?", "input": "", "output": "I am Ada."} for n in (1, 2)]
ECHO = "Write all that a reader who knows nothing of the matter would like to know about it."
WHO = ("--name", "Ada", "--cutoff", "May 2020")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "verbose.txt").write_text(f"{{{{name}}}}: {ECHO}\n{{{{instruction}}}}")
    write_rows("prompts.jsonl", TASKS)
    write_rows("identity.jsonl", IDENTITY)


def plan(root, *more):
    files = ("--input", "prompts.jsonl", "identity.jsonl", "--template", "verbose.txt")
    run(plan_verbose, *files, "--model", root / "config/models/tiny", *WHO, "--output", "requests.jsonl", *more)
    return list(read_rows("requests.jsonl"))


def test_each_task_is_asked_in_the_template_and_questions_about_the_assistant_once(root):
    requests = plan(root)
    assert [request["id"] for request in requests] == ["a", "b", "i1"]
    assert f"Ada: {ECHO}\nSort.\n\nc b" in requests[1]["prompt"]
    assert not requests[1]["prompt"].startswith("Ada"), "a chat template stands around it"
    assert (requests[0]["temperature"], requests[0]["top_p"], requests[0]["max_tokens"]) == (0.3, 0.7, 512)
    assert "ngram_penalties" not in requests[0]
    assert requests[0]["seed"] != requests[1]["seed"] and plan(root) == requests != plan(root, "--seed", 2)


def test_repeated_n_grams_are_penalized_where_that_is_asked_for(root):
    request = plan(root, "--trigram-penalty", 1, "--quadgram-penalty", 2, "--penalized", "rare_word_starts")[0]
    assert request["ngram_penalties"] == [[3, 1.0], [4, 2.0]]
    assert request["penalized"] == "rare_word_starts"


def test_replies_stand_beside_their_tasks_in_place_of_what_was_known():
    texts = {"a": " The Elbe.\n", "b": "b c", "i1": "I am Ada, and more."}
    rows = [{"id": key, "text": text, "finish_reason": "stop", "made_by": MADE_BY} for key, text in texts.items()]
    write_rows("completions.jsonl", rows)
    files = ("--input", "prompts.jsonl", "identity.jsonl", "--completions", "completions.jsonl")
    run(collect_verbose, *files, "--output", "out.jsonl", "--counts", "counts.json")
    found = list(read_rows("out.jsonl"))
    assert [row["output"] for row in found] == ["The Elbe.", "b c", "I am Ada, and more."]
    assert (found[0]["completion"], found[0]["finish_reason"]) == (" The Elbe.\n", "stop")
    assert found[2]["made_by"] == {"output": MADE_BY}
    assert read_json("counts.json")["in"] == 3


def written(text, finish_reason="stop"):
    row = {"id": "a", "instruction": "Name a river.", "input": "", "finish_reason": finish_reason}
    return {**row, "output": text.strip(), "completion": text}


LONG = (
    "The Elbe rises in the Giant Mountains, flows through Bohemia and Saxony, passes Hamburg, and ends in the North Sea"
)
LONGER = f"{LONG}, as geography has it"
REJECTED = [
    ("v1", written(LONG, "length"), "too_short"),
    ("v1", written(f"{LONGER}.\n## See also\n"), "wiki_tail"),
    ("v1", written(f"{LONGER}.\n## External links"), "wiki_tail"),
    ("v1", written(f"Well. {ECHO}"), "echo"),
    ("precise", written(f"{LONGER}, I thi", "length"), "truncated"),
    ("precise", written(" "), "empty"),
    ("precise", written("Yes.\nUser: And now?"), "turn_marker"),
    ("precise", written("Yes.\nAda: Yes."), "turn_marker"),
    ("precise", written("Yes.\n## See also\n"), "wiki_tail"),
    ("precise", written(f"Well. {ECHO}"), "echo"),
]
KEPT = [
    ("v1", written("Elbe."), "Elbe.", []),
    ("v1", written(f"{LONGER} I thi", "length"), f"{LONGER} I", ["last_word_dropped"]),
    ("v1", written(f"{LONGER}.\nYes.\nIt is.\nYes.\n"), f"{LONGER}.\nYes.\nIt is.", ["cut_at_repetition"]),
    ("v1", written(f"{LONGER}:\n12. a\n13. b"), f"{LONGER}:\n12. a", ["cut_at_item_13"]),
    ("precise", written("Elbe."), "Elbe.", []),
    ("precise", written("It is a wide river. It is a wide river."), "It is a wide river.", ["cut_at_loop"]),
    ("precise", written("12. a\n13. b"), "12. a\n13. b", []),
    ("none", written("The", "length"), "The", []),
]


@pytest.fixture
def filtered(filter_rows):
    """Return a function that filters a single row: the row if it is kept, and what rejected it."""

    def run(rules, row, *more):
        files = ("--template", "verbose.txt", *WHO)
        done = filter_rows(verbose_filter, [{**written(LONGER), "id": "good"}, row], *files, "--rules", rules, *more)
        return [kept for kept in done.kept if kept["id"] != "good"], [verdict_of(bad)["rule"] for bad in done.rejected]

    return run


@pytest.mark.parametrize(("rules", "row", "rule"), REJECTED)
def test_what_is_rejected_says_by_which_rule(filtered, rules, row, rule):
    assert filtered(rules, row) == ([], [rule])


@pytest.mark.parametrize(("rules", "row", "output", "changes"), KEPT)
def test_what_is_kept_says_what_was_changed(filtered, rules, row, output, changes):
    (kept,), rejected = filtered(rules, row)
    assert (kept["output"], kept["changes"], rejected) == (output, changes, [])
    assert kept["completion"] == row["completion"]


def test_what_was_cut_short_is_unfinished_and_so_must_be_long_enough(filtered):
    row = written("It is.\nYes.\nIt is.\n")
    assert filtered("v1", row) == ([], ["too_short"])
    assert filtered("v1", row, "--shortest", "12")[1] == ["too_short"]
    assert filtered("v1", row, "--shortest", "11")[0][0]["output"] == "It is.\nYes."


def test_every_rule_and_change_of_a_set_is_shown_at_work():
    steps = {(name, step.name) for name, found in VERBOSE_SETS.items() for step in found}
    shown = {(rules, rule) for rules, _, rule in REJECTED}
    shown |= {(rules, change) for rules, _, _, changes in KEPT for change in changes}
    assert steps <= shown
