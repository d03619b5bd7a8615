"""Questions about topics, through the command lines: what a prompt asks for, and what its text gives."""

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import write_rows
from tests.unit.rejected_rows import others_of, verdict_of
from tests.unit.topic_guided import MADE_BY, SEEDS, collected_questions, plan_of_questions, prepare

TOPICS = [
    {"id": f"t{n}", "question_type": kind, "topic": topic, "made_by": {"topic": {"model": "writer of topics"}}}
    for n, (kind, topic) in enumerate(
        [
            ("the sea", "Sand"),
            ("the sea", "Sandbanks"),
            ("the law", "Theft"),
            ("the future", "Snow"),
            ("the law", "Rent"),
        ]
    )
]
SMALL = ("--examples", 2, "--wanted", 3)


@pytest.fixture
def folder(tmp_path):
    prepare(tmp_path)
    write_rows(tmp_path / "topics.jsonl", TOPICS)
    return tmp_path


def test_every_topic_is_asked_about_once_behind_worked_examples(folder):
    first, second = plan_of_questions(folder, *SMALL)
    hints, worked = first["prompt"].removeprefix("Lines:\n").split("\nInstructions:\n")
    assert hints.splitlines()[2:] == [
        "3. type: the sea, topic: Sand",
        "4. type: the sea, topic: Sandbanks",
        "5. type: the law, topic: Theft",
    ]
    one, two, begun = worked.splitlines()
    shown = [f"type: {row['question_type']}, topic: {row['topic']}, instruction: {row['instruction']}" for row in SEEDS]
    assert one.removeprefix("1. ") in shown and two.removeprefix("2. ") in shown
    assert [one.split(", instruction:")[0], two.split(", instruction:")[0]] == hints.splitlines()[:2]
    assert begun == "3. type: the sea, topic: Sand, instruction:"
    assert second["prompt"].endswith("\n3. type: the future, topic: Snow, instruction:")
    assert "topic: Rent" in second["prompt"]
    assert [first["stop"], second["stop"]] == [["\n6. type:"], ["\n5. type:"]]
    assert first == plan_of_questions(folder, *SMALL)[0]
    assert first["seed"] != plan_of_questions(folder, *SMALL, "--seed", 2)[0]["seed"]


FIRST = """ How many grains has it?
4. type: the sea, topic: Sandbanks, instruction: Say "instruction: ", then where this one lies.

4. type: the sea, topic: Sandbanks, instruction: Where is the next?
5. type: the sea, topic: Theft, instruction: Who did it?
6. type: the law, topic: Extra, instruction: Who did what?"""
SECOND = " When will it fall?\n4. type: the law, topic: Rent, instruction:  \n"


def test_every_line_and_topic_becomes_a_question_or_a_rejected_row_with_its_rule(folder):
    kept, rejected = collected_questions(folder, [FIRST, SECOND], planning=SMALL)
    assert [(row["id"], row["topic"], row["instruction"]) for row in kept] == [
        ("questions-000001-01", "Sand", "How many grains has it?"),
        ("questions-000001-02", "Sandbanks", '", then where this one lies.'),
        ("questions-000002-01", "Snow", "When will it fall?"),
    ]
    assert kept[0]["input"] == ""
    assert kept[0]["made_by"] == {"topic": {"model": "writer of topics"}, "instruction": MADE_BY}
    assert [(row["id"], verdict_of(row)["rule"]) for row in rejected] == [
        ("questions-000001-03", "asked_already"),
        ("questions-000001-04", "unexpected_line"),
        ("questions-000001-05", "unexpected_line"),
        ("questions-000001-topic-05", "not_written"),
        ("questions-000002-02", "no_instruction"),
    ]
    assert verdict_of(rejected[1])["text"].endswith("Who did it?")
    assert others_of(rejected[3])["topic"] == "Theft"


def test_a_topic_that_begins_another_is_not_taken_for_it(folder):
    text = " Why?\n4. type: the sea, topic: Sandbanks and more, instruction: Why not?"
    kept, rejected = collected_questions(folder, [text, SECOND], planning=SMALL)
    assert [row["topic"] for row in kept] == ["Sand", "Snow"]
    assert verdict_of(rejected[0])["rule"] == "unexpected_line"


@pytest.mark.parametrize(
    ("finish_reason", "keep_last", "kept"),
    [("stop", "if_complete", 3), ("length", "if_complete", 1), ("stop", "never", 1)],
)
def test_a_last_line_that_may_be_cut_off_is_not_used(folder, finish_reason, keep_last, kept):
    texts = [" How many?\n4. type: the sea, topic: Sandbanks, instruction: Where is the", " When will"]
    planning = (*SMALL, "--keep-last", keep_last)
    questions, rejected = collected_questions(folder, texts, planning=planning, finish_reason=finish_reason)
    assert len(questions) == kept
    assert [verdict_of(row)["rule"] for row in rejected].count("last_question") == 3 - kept
    assert (plan_of_questions(folder, *planning)[0]["stop"] == []) == (keep_last == "never")


def test_held_out_tasks_are_no_questions_and_shards_change_nothing(folder):
    write_rows(folder / "held_out.jsonl", [{"id": "h", "instruction": "when will  it FALL?", "input": ""}])
    more = ("--held-out", folder / "held_out.jsonl")
    once = collected_questions(folder, [FIRST, SECOND], *more, planning=SMALL)
    assert "held_out" in {verdict_of(row)["rule"] for row in once[1]}
    assert len(once[0]) == 2
    assert once == collected_questions(folder, [FIRST, SECOND], *more, planning=SMALL, shards=2)


def test_no_question_at_all_is_an_error_that_says_why(folder):
    with pytest.raises(UserError, match=r"none of the 7 rows of .*completions_0.jsonl.*not_written 3.*questions\."):
        collected_questions(folder, [" \nnothing", " \nnothing"], planning=SMALL)
    assert not (folder / "kept.jsonl").exists()
