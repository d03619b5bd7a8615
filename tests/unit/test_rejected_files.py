"""All files of rejected rows of a run load together with datasets and with pandas, in any order and with empty ones."""

import json

import pandas
import pytest

from scripts.isheep import rule_filter, score_filter
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.rows.verdicts import reject
from scripts.lib.self_instruct.reasons import LAST_PIECE
from scripts.lib.training.data import OVER_CUTOFF
from tests.unit.rejected_rows import others_of, verdict_of

TASK = {"instruction": "Name a river.", "input": ""}
CPU = {"model": "0123", "engine": "transformers", "torch": "2.13.0", "seed": 2**63 - 1}
GPU = {"model": "4567", "engine": "vllm", "vllm": {"version": "0.32.0"}, "reproducible": False}


def piece(number, made_by):
    """A piece of text that is no task, as it stands in prompts_rejected.jsonl."""
    row = {"id": f"piece-{number}", "iteration": number, "made_by": {"instruction": made_by}}
    return reject(row, LAST_PIECE, text="\n7. Instruction: Wri")


def scored(identity, **values):
    return {"id": identity, **TASK, "output": "Elbe", "made_by": {"scores": CPU}, "scores": values}


@pytest.fixture
def rejected_files(tmp_path):
    """The rejected files of a run of two iterations, of which some are empty."""

    def sift(command, name, rows, *more):
        write_rows(tmp_path / "in.jsonl", rows)
        files = {"--input": "in.jsonl", "--output": "kept.jsonl", "--rejected": name}
        arguments = [text for option, file in files.items() for text in (option, str(tmp_path / file))]
        command.main(command.parser().parse_args([*arguments, *more]))

    good = scored("good", quality=9.5, following=9.5)
    cut = {**good, "id": "cut", "finish_reason": "length", "made_by": {"output": GPU}}
    write_rows(tmp_path / "1_prompts.jsonl", [piece(1, CPU)])
    write_rows(tmp_path / "2_prompts.jsonl", [piece(2, GPU), piece(3, CPU)])
    sift(rule_filter, "1_rule.jsonl", [good, cut, {**good, "id": "empty", "output": ""}])
    sift(rule_filter, "2_rule.jsonl", [good])
    sift(score_filter, "1_score.jsonl", [good, scored("no", quality=None, following=None), scored("low", quality=8)])
    sift(score_filter, "2_score.jsonl", [good, scored("low", quality=7.5, following=9)])
    write_rows(tmp_path / "1_training.jsonl", [])
    write_rows(tmp_path / "2_training.jsonl", [reject({**good, "note": [1]}, OVER_CUTOFF, tokens=2000, cutoff=1024)])
    return sorted(tmp_path.glob("[12]_*.jsonl"))


@pytest.mark.parametrize("order", [1, -1])
def test_rejected_files_load_together_with_datasets(rejected_files, tmp_path, order):
    from datasets import load_dataset

    files = [str(file) for file in rejected_files[::order]]
    rows = load_dataset("json", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    expected = [row for file in files for row in read_rows(file)]
    assert rows.to_list() == expected
    assert len(rows) == 9


def test_rejected_files_load_together_with_pandas(rejected_files):
    rows = pandas.concat(pandas.read_json(file, lines=True) for file in rejected_files)
    assert list(rows.columns) == ["id", "instruction", "input", "output", "rejected", "other_fields"]
    assert not rows.isna().any(axis=None)
    assert rows["rejected"].str["rule"].value_counts()["last_piece"] == 3


def test_nothing_of_a_row_is_lost():
    row = {"id": "a", "instruction": "Do.", "input": None, "note": {"by": "me"}, "output": "Ä"}
    rejected = reject(row, OVER_CUTOFF, tokens=3)
    assert {**{name: rejected[name] for name in ("id", "instruction", "output")}, **others_of(rejected)} == row
    assert verdict_of(rejected) == {"rule": "over_cutoff", "tokens": 3}
    assert json.loads(json.dumps(rejected)) == rejected
