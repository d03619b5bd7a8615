"""A text becomes numbered tasks, and every task that is dropped has a rule's name."""

import json

import pytest

from scripts.lib.rows.rules import first_failing
from scripts.lib.self_instruct.parsing import Entry, Malformed, parse_tasks
from scripts.lib.self_instruct.reasons import LAST_PIECE, MALFORMED
from scripts.lib.self_instruct.rules import RULES

TEXT = """ Name three rivers.
6. Input:
<noInput>
###
7. Instruction: Translate the sentence.
7. Input:
Bonjour,
ça va?
###
8. Instruction: There is no input marker here.
###
9. Instruction: Sort the words.
9. Input:
pear, apple"""

FIRST = Entry(6, "Name three rivers.", "")
SECOND = Entry(7, "Translate the sentence.", "Bonjour,\nça va?")
LAST = Entry(9, "Sort the words.", "pear, apple")


def rule_against(instruction: str, given: str) -> str | None:
    verdict = first_failing({"instruction": instruction, "input": given}, RULES)
    return verdict and verdict.rule


def test_reads_numbered_tasks_and_drops_the_last_piece_as_published():
    first, second, third, last = parse_tasks(TEXT, 6, finish_reason="stop")
    assert (first, second) == (FIRST, SECOND)
    assert (third.number, third.reason) == (8, MALFORMED)
    assert last == Malformed(9, LAST_PIECE, TEXT.split("###")[-1])


def test_the_last_piece_stays_if_the_model_stopped_by_itself():
    *_, last = parse_tasks(TEXT, 6, finish_reason="stop", keep_last_if_complete=True)
    assert last == LAST
    *_, last = parse_tasks(TEXT, 6, finish_reason="length", keep_last_if_complete=True)
    assert isinstance(last, Malformed)


def test_a_text_that_ends_in_a_separator_loses_no_task():
    assert list(parse_tasks(TEXT + "\n###\n", 6, keep_last_if_complete=False))[-1] == LAST


def test_a_piece_with_another_number_or_a_nested_task_is_malformed():
    text = (
        " A\n6. Input:\nb\n###\n9. Instruction: C\n9. Input:\nd\n###\n8. Instruction: E\n8. Input: f 8. Input: g\n###"
    )
    assert [getattr(piece, "reason", "entry") for piece in parse_tasks(text, 6)] == ["entry", MALFORMED, MALFORMED]


@pytest.mark.parametrize(
    ("instruction", "given", "rule"),
    [
        ("Name two rivers.", "", "instruction_too_short"),
        ("Name two long rivers.", "", None),
        ("word " * 150, "", None),
        ("word " * 151, "", "instruction_too_long"),
        ("Describe the Image in words.", "", "blacklisted_word"),
        ("Say where we go to.", "", "blacklisted_word"),
        ("Summarise what it says.", "See the flowchart.", "blacklisted_word"),
        ("Explain photography and mapping briefly.", "", None),
        ("- Name two long rivers.", "", "starts_with_punctuation"),
        ("Énumère deux grands fleuves.", "", "starts_non_ascii"),
        ("Name two long rivers.", "NoInput", "noinput_marker"),
        ("Name two long rivers.", "There is No Input.", "noinput_marker"),
        ("Name two long rivers noinput.", "", "noinput_marker"),
        ("Name two rivers. Input: Europe", "", "nested_marker"),
        ("Name two long rivers.", "Europe. Output: Rhine", "nested_marker"),
        ("Name two long rivers.", "see https://example.org", "link"),
        ("Name two rivers Output: here", "", None),
    ],
)
def test_every_rule_rejects_under_its_name(instruction, given, rule):
    assert rule_against(instruction, given) == rule


@pytest.mark.parametrize("name", ["d0", "d1", "d3", "d0_quality_only"])
def test_every_published_row_passes(shared_data, name):
    rows = json.loads((shared_data / "isheep" / f"qwen72b_{name}.json").read_text())
    assert not [row for row in rows if first_failing(row, RULES)]
