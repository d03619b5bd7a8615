"""Perplexities of rows, through the command lines: what is measured of a row, and what has none."""

import math
from importlib import import_module

import pytest

from scripts.lib.rows.jsonl import read_rows, write_rows

ROWS = [
    {"id": "whole", "instruction": "Name", "input": "a list", "output": "helpful words 12"},
    {"id": "no-input", "instruction": "Name a list", "input": "", "output": "words of a list"},
    {"id": "empty", "instruction": "Name", "input": "words", "output": ""},
    {"id": "one-token", "instruction": "Name", "input": "words", "output": "a"},
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with rows, in which commands run."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "rows.jsonl", ROWS)
    return tmp_path


def run(command):
    name, *arguments = command.split()
    module = import_module(f"scripts.{name}")
    module.main(module.parser().parse_args(arguments))


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("task", ["Name\na list", "Name a list\n", "Name\nwords", "Name\nwords"]),
        ("output", ["helpful words 12", "words of a list", "", "a"]),
        ("pair", ["Namea listhelpful words 12", "Name a listwords of a list", "Namewords", "Namewordsa"]),
    ],
)
def test_texts_are_joined_as_published(folder, text, joined):
    run(f"plan_perplexity --input rows.jsonl --texts {text} --output requests.jsonl")
    assert [request["prompt"] for request in read_rows(folder / "requests.jsonl")] == joined


def test_a_text_with_nothing_to_score_has_no_perplexity_and_its_row_is_rejected(folder, base):
    run("plan_perplexity --input rows.jsonl --texts output pair --output requests.jsonl")
    run(
        f"complete --requests requests.jsonl --model {base} --journal journal --output nlls.jsonl"
        " --engine transformers --dtype float32 --cpu-threads 1"
    )
    run("collect_perplexity --input rows.jsonl --texts output pair --completions nlls.jsonl --output measured.jsonl")
    measured = {row["id"]: row["perplexity"] for row in read_rows(folder / "measured.jsonl")}
    assert [name for name, values in measured.items() if values["output"] is None] == ["empty", "one-token"]
    assert all(math.isfinite(values["pair"]) for values in measured.values())
    run("isheep.score_filter --input measured.jsonl --by perplexity --max-perplexity 1e300 --output kept.jsonl"
        " --rejected rejected.jsonl")  # fmt: skip
    assert [row["id"] for row in read_rows(folder / "kept.jsonl")] == ["whole", "no-input"]
    assert {row["rejected"]["rule"] for row in read_rows(folder / "rejected.jsonl")} == {"no_perplexity"}
