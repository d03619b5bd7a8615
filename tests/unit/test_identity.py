"""Rows about who the assistant is: slots filled, ids told apart, and the rows that come with the project."""

import pytest

from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.rows.tasks import same_task
from scripts.self_align import collect_identity
from tests.unit.commands import run

WHO = ("--name", "Ada", "--organisation", "the Mill", "--cutoff", "May 2020")
ROWS = [
    {"id": "a", "instruction": "Are you {{name}}?", "output": "{{name}}, made by {{ organisation }}."},
    {"id": "b", "instruction": "What is new?", "input": "", "output": "Nothing after {{cutoff}}."},
]


@pytest.fixture
def identity(tmp_path):
    """Return a function that gives the rows made of a file."""

    def collected(file, *more):
        run(collect_identity, "--input", file, *WHO, "--output", tmp_path / "out.jsonl", *more)
        return list(read_rows(tmp_path / "out.jsonl"))

    return collected


def test_slots_are_filled_in_questions_and_answers(identity, tmp_path):
    write_rows(tmp_path / "rows.jsonl", ROWS)
    assert identity(tmp_path / "rows.jsonl") == [
        {"id": "a", "instruction": "Are you Ada?", "output": "Ada, made by the Mill.", "input": ""},
        {"id": "b", "instruction": "What is new?", "input": "", "output": "Nothing after May 2020."},
    ]


def test_copies_have_ids_of_their_own(identity, tmp_path):
    write_rows(tmp_path / "rows.jsonl", ROWS)
    rows = identity(tmp_path / "rows.jsonl", "--repeat", 3)
    assert [row["id"] for row in rows] == ["a", "b", "a-2", "b-2", "a-3", "b-3"]
    assert rows[0]["output"] == rows[2]["output"] == rows[4]["output"]


def test_the_rows_of_the_project_differ_and_leave_no_slot_open(identity, root):
    rows = identity(root / "config/seeds/identity.jsonl")
    assert len(rows) >= 36
    assert len({same_task(row) for row in rows}) == len(rows) == len({row["output"] for row in rows})
    texts = [f"{row['instruction']} {row['output']}" for row in rows]
    assert not any("{{" in text for text in texts)
    assert all(sum(word in text for text in texts) >= 3 for word in ("Ada", "the Mill", "May 2020"))
