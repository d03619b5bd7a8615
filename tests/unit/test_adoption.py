"""When an artifact changes its owner: what the new owner's jobs find in their place, and what they must not find."""

import pytest

from scripts.configuration import read_config
from scripts.lib.models.ownership import mark_of
from scripts.lib.rows.files import write_json
from scripts.lib.run.adoption import take_over
from tests.conftest import contents

FILES = {
    "work/first/iter1/answering/journal/1_of_1.jsonl": "a finished unit",
    "work/first/iter1/answering/requests.jsonl": "requests that do not know what they belong to",
    "work/first/iter1/checkpoints/finished/adapter_model.safetensors": "an adapter",
    "work/first/iter1/checkpoints/fingerprint.json": "what it was trained on",
    "results/first/iter1/prompts.jsonl": "rows that do not know either",
    "results/first/iter1/merged/model.safetensors": "weights",
    "results/first/iter1/merged/manifest.json": "a manifest",
}
TAKEN = {
    "work/second/iter1/answering/journal/first_1_of_1.jsonl",
    "work/second/iter1/checkpoints/finished/adapter_model.safetensors",
    "work/second/iter1/checkpoints/fingerprint.json",
    "results/second/iter1/merged/model.safetensors",
    "results/second/iter1/.merged.replaceable",
}


def models(*names):
    """Models of one iteration that differ in nothing but their names."""
    content = {"default_model": names[0], "iterations": 1, "models": {name: {"base": "b"} for name in names}}
    return read_config(content, "config")[1]


@pytest.fixture
def folder(tmp_path):
    """A run in which "first" owned everything, and made some of it."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    write_json(mark_of(tmp_path / "results/first/iter1/merged"), {"key": "what it was merged from"})
    assert take_over(models("first", "second"), tmp_path) == []
    return tmp_path


@pytest.mark.parametrize("names", [("second",), ("second", "first")], ids=["the owner is gone", "another is before it"])
def test_what_knows_itself_what_it_belongs_to_is_taken_over_and_nothing_else(folder, names):
    before = contents(folder / "results/first"), contents(folder / "work/first")
    said = take_over(models(*names), folder)
    assert sorted(said) == [
        f"iter1, {artifact}: second goes on from what lies with first" for artifact in ("adapter", "merged", "outputs")
    ]
    found = {
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file() and "second" in file.parts
    }
    assert found == TAKEN
    assert (contents(folder / "results/first"), contents(folder / "work/first")) == before
    assert take_over(models(*names), folder) == []


def test_owners_follow_one_another(folder):
    take_over(models("second"), folder)
    (folder / "work/second/iter1/answering/journal/1_of_2.jsonl").write_text("another unit")
    take_over(models("third"), folder)
    journal = folder / "work/third/iter1/answering/journal"
    assert {file.name for file in journal.iterdir()} >= {"second_1_of_2.jsonl", "second_first_1_of_1.jsonl"}


def test_a_record_that_is_not_whole_costs_nothing_but_the_takeover(folder):
    (folder / "work/owners.json").write_text('{"half')
    assert take_over(models("second"), folder) == []
