"""Readers given anything at all: what they return can be written and read again, or they name the file."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.lib.engines.gather import MEASURED, RATED, WRITTEN, gather
from scripts.lib.engines.journal import mend, read_journal
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.counts import read_counts
from scripts.lib.rows.files import read_json, write_json
from scripts.lib.rows.jsonl import json_line, read_rows, read_text_rows, write_rows
from scripts.lib.rows.seeds import read_seeds
from scripts.lib.rows.strict_json import MOST_NESTED, parse_json
from scripts.lib.run.progress import generated
from scripts.lib.training.log import read_log
from scripts.report.summaries import read_grades, read_summaries

same_each_time = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, 10**299, -0.0])
TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(["\ud800", "\ude00\ud83d", "\ufeff", "\x00", "a"])
NAMES = st.sampled_from(
    ["id", "instruction", "input", "output", "instances", "text", "finish_reason", "made_by", "nll", "probabilities"]
    + [
        "task",
        "prompt",
        "max_tokens",
        "choices",
        "shared",
        "continuation",
        "kept",
        "in",
        "mean_scores",
        "files",
        "kind",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=5),
    max_leaves=12,
)
LINES = st.lists(VALUES | st.dictionaries(NAMES, VALUES, max_size=8), max_size=4)
CONTENTS = (
    st.binary(max_size=60)
    | LINES.map(lambda values: "\n".join(json.dumps(value) for value in values).encode())
    | LINES.map(lambda values: json.dumps(values).encode())
    | LINES.map(lambda values: json.dumps(values, indent=1).encode("utf-8-sig"))
    | st.tuples(LINES, st.integers(0, 200)).map(lambda both: json.dumps(both[0]).encode()[: both[1]])
)

READERS = {
    "rows": lambda file: list(read_rows(file)),
    "texts": lambda file: list(read_text_rows(file, "instruction", "output")),
    "seeds": lambda file: read_seeds([file], 1),
    "requests": lambda file: [request.to_row() for request in read_requests(file)],
    "answers": lambda file: list(gather([file], WRITTEN).values()),
    "ratings": lambda file: list(gather([file], RATED).values()),
    "perplexities": lambda file: list(gather([file], MEASURED).values()),
    "log": read_log,
}
WHOLE = {"json": read_json, "counts": read_counts, "grades": read_grades}


@pytest.mark.parametrize("reader", READERS)
@same_each_time
@given(content=CONTENTS)
def test_rows_can_be_written_and_read_again_or_the_file_is_named(tmp_path, reader, content):
    file, again = tmp_path / "any.jsonl", tmp_path / "again.jsonl"
    file.write_bytes(content)
    try:
        rows = READERS[reader](file)
    except UserError as error:
        assert "any.jsonl" in str(error)
        return
    write_rows(again, rows)
    assert list(read_rows(again)) == rows


@pytest.mark.parametrize("reader", WHOLE)
@same_each_time
@given(content=CONTENTS)
def test_a_value_can_be_written_and_read_again_or_the_file_is_named(tmp_path, reader, content):
    file, again = tmp_path / "any.json", tmp_path / "again.json"
    file.write_bytes(content)
    try:
        value = WHOLE[reader](file)
    except UserError as error:
        assert "any.json" in str(error)
        return
    write_json(again, value)
    assert read_json(again) == value


@same_each_time
@given(content=CONTENTS)
def test_no_manifest_and_no_summary_is_anything_but_named(tmp_path, content):
    for name, read in (("manifest.json", load_manifest), ("summary.json", lambda file: read_summaries([file]))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=name):
            read(tmp_path / name)


UNIT = (Request("a", "perplexity", ""), Request("b", "perplexity", ""))
ROWS = [{"id": "a", "nll": 1.0}, {"id": "b", "nll": 2.0}]
KEY = "0123456789abcdef"


@same_each_time
@given(
    rows=VALUES
    | st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=3)
    | st.lists(st.sampled_from(["a", "b", "c"]).map(lambda name: {"id": name}), max_size=3)
)
def test_a_line_of_a_journal_gives_the_rows_of_its_unit_or_none(tmp_path, rows):
    (tmp_path / "1_of_1.jsonl").write_text(json.dumps({"fingerprint": KEY, "rows": rows}) + "\n")
    found = dict(read_journal(tmp_path, {KEY: UNIT}, frozenset([KEY])))
    assert found in ({}, {KEY: rows})
    fits = isinstance(rows, list) and [isinstance(row, dict) and row.get("id") for row in rows] == ["a", "b"]
    assert not found or fits


@same_each_time
@given(content=CONTENTS)
def test_a_journal_takes_and_cuts_nothing_that_is_not_its_own(tmp_path, content):
    own, requests = tmp_path / "journal/1_of_1.jsonl", tmp_path / "requests.jsonl"
    own.parent.mkdir(exist_ok=True)
    write_rows(requests, [request.to_row() for request in UNIT])
    good = json_line({"fingerprint": KEY, "rows": ROWS}).encode()
    own.write_bytes(good + content)
    mend(own)
    assert own.read_bytes().startswith(good) and own.read_bytes().endswith(b"\n")
    assert dict(read_journal(own.parent, {KEY: UNIT}, frozenset([KEY]))) == {KEY: ROWS}
    progress = generated(tmp_path)
    assert progress is not None and (progress.done, progress.wanted) == (2, 2)
    own.write_bytes(content + b"[")
    with pytest.raises(UserError, match="not a journal's file"):
        mend(own)
    assert own.read_bytes() == content + b"["


@pytest.mark.parametrize("whole", [b"", json_line({"fingerprint": KEY, "rows": ROWS}).encode()], ids=["none", "one"])
@pytest.mark.parametrize("torn", [b"", b'{"fingerpr', b'{"fingerprint": "0123456789abcdef", '])
def test_zeros_that_a_power_loss_leaves_in_a_journal_are_torn_off(tmp_path, whole, torn):
    own = tmp_path / "1_of_1.jsonl"
    own.write_bytes(whole + torn + b"\0" * 5000)
    mend(own)
    assert own.read_bytes() == whole


@pytest.mark.parametrize("levels", [1, MOST_NESTED - 1, MOST_NESTED, MOST_NESTED + 1, 5000])
def test_what_is_nested_no_deeper_than_the_limit_is_read(levels):
    content = b"[" * levels + b"]" * levels
    if levels > MOST_NESTED:
        with pytest.raises(UserError, match=r"place: lists or objects are nested more than 100 deep"):
            parse_json(content, "place", "")
    else:
        assert json.dumps(parse_json(content, "place", "")).encode() == content


def test_characters_of_other_planes_and_all_else_that_json_has_are_read(tmp_path: Path):
    row = {"id": "a", "emoji": "\U0001f600", "escaped": "\\ud800", "large": 10**299, "small": -1e-300, "zero": -0.0}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    assert list(read_rows(tmp_path / "rows.jsonl")) == [row]
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError):
            json_line({"id": "a", "value": value})
        with pytest.raises(ValueError):
            write_json(tmp_path / "new.json", value)
    assert not (tmp_path / "new.json").exists()
