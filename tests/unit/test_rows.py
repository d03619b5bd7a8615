"""Rows in and out: what is read, what is refused and how it is named, and that writing is all or nothing."""

import json

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import read_rows, read_text_rows, row_writer, write_rows


def test_jsonl_and_json_arrays_give_the_same_rows(tmp_path):
    rows = [{"id": "a", "instruction": "Say hello."}, {"id": "b", "instruction": "Grüße, 世界"}]
    (tmp_path / "rows.json").write_text(json.dumps(rows, indent=2))
    assert write_rows(tmp_path / "rows.jsonl", rows) == 2
    assert list(read_rows(tmp_path / "rows.jsonl")) == list(read_rows(tmp_path / "rows.json")) == rows


def test_rows_without_an_id_are_named_by_their_place(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"instruction": "One"}\n\n{"instruction": "Two"}\n')
    assert [row["id"] for row in read_rows(tmp_path / "rows.jsonl")] == ["row-000001", "row-000002"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"id": "a"}\n{"id": "b"\n', ":2: broken JSON"),
        (b'{"id": "a"}\n[1]\n', ":2: a row must be a JSON object"),
        (b'{"id": "a"}\n\n{"id": "a"}\n', ":3: the id 'a' occurs twice"),
        (b'{"id": 7}\n', ":1: the id must be text"),
        (b'{"id": "\xff"}\n', ":1: not UTF-8"),
        (b'[{"id": "a"},\n {"id": "b"', ":2: broken JSON"),
        (b"[1]", "row 1: a row must be a JSON object"),
    ],
)
def test_bad_content_is_named_with_file_and_line(tmp_path, content, message):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(content)
    with pytest.raises(UserError, match="rows.jsonl") as caught:
        list(read_rows(file))
    assert message in str(caught.value)


def test_a_missing_file_and_a_missing_field_say_so(tmp_path):
    with pytest.raises(UserError, match=r"none.jsonl: no such file"):
        list(read_rows(tmp_path / "none.jsonl"))
    write_rows(tmp_path / "rows.jsonl", [{"id": "a", "instruction": 5}])
    with pytest.raises(UserError, match=r"rows.jsonl:1 .*'instruction' must be text, but is 5"):
        list(read_text_rows(tmp_path / "rows.jsonl", "instruction"))


def test_a_writer_that_fails_leaves_neither_a_new_file_nor_a_half_one(tmp_path):
    file = tmp_path / "rows.jsonl"
    write_rows(file, [{"id": "before"}])
    with pytest.raises(RuntimeError), row_writer(file) as writer:
        writer.write({"id": "after"})
        raise RuntimeError("the disk is full")
    assert [row["id"] for row in read_rows(file)] == ["before"]
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]
