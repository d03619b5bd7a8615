"""All weights trained, on answers and on pairs: the model that comes of it, and what a kill costs."""

import math

import pytest
from pydantic import ValidationError

from scripts import train_adapter, train_preferences
from scripts.lib.errors import UserError
from scripts.lib.models.files import weight_files
from scripts.lib.models.loading import load_model
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.files import read_json
from scripts.lib.training.log import MARGIN, read_log
from scripts.lib.training.settings import PreferenceTraining, Training
from tests.unit.test_preferences import PAIRS
from tests.unit.training_runs import ROWS, kill_at, losses, training_arguments

FULL = ("--weights=full", "--learning-rate=3e-4", "--warmup-ratio=0")


def trained(script, folder, base, rows, *options):
    script.main(script.parser().parse_args(training_arguments(folder, base, rows, *FULL, *options)))
    return folder / "adapter" / "manifest.json"


@pytest.mark.parametrize(
    ("script", "rows", "first"), [(train_adapter, ROWS, None), (train_preferences, PAIRS, math.log(2))]
)
def test_all_weights_become_a_chat_model_that_says_how_it_was_made(base, tmp_path, script, rows, first):
    import torch

    made = load_manifest(trained(script, tmp_path, base, rows), "model")
    start = load_manifest(base)
    assert made.made_from["model"] == start.fingerprint and made.made_from["settings"]["weights"] == "full"
    assert not any(name.startswith("lora_") for name in made.made_from["settings"])
    assert "adapter_config.json" not in made.files and "training_log.jsonl" not in made.files
    before, after = (load_model(each.directory, "bfloat16").state_dict() for each in (start, made))
    changed = {name for name, weight in after.items() if not torch.equal(weight, before[name])}
    assert len(changed) > 0.9 * len(after)
    assert read_json(made.directory / "tokenizer.json") == read_json(start.directory / "tokenizer.json")
    log = read_log(made.directory / "training_log.jsonl")
    updates = [row for row in log if "loss" in row]
    assert updates[-1]["loss"] < 0.8 * updates[0]["loss"]
    if first is not None:
        assert updates[0]["loss"] == pytest.approx(first, abs=1e-6) and updates[0][MARGIN] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("script", "rows"), [(train_adapter, ROWS), (train_preferences, PAIRS)])
def test_a_training_of_all_weights_that_is_killed_ends_with_the_same_bytes(base, tmp_path, script, rows):
    whole = trained(script, tmp_path / "whole", base, rows)
    kill_at("checkpoint-10/whole.json", script.__name__, tmp_path / "killed", base, rows, *FULL)
    resumed = trained(script, tmp_path / "killed", base, rows)
    assert resumed.read_bytes() == whole.read_bytes()
    for file in weight_files(whole.parent):
        assert (resumed.parent / file.name).read_bytes() == file.read_bytes()
    assert losses(resumed.parent) == losses(whole.parent)


@pytest.mark.parametrize("chapter", [Training, PreferenceTraining])
def test_weights_of_four_bits_are_not_trained(base, tmp_path, chapter):
    with pytest.raises(ValidationError, match=r"quantization \(nf4\): weights of 4 bits cannot be trained"):
        chapter(weights="full", quantization="nf4")
    with pytest.raises(UserError, match="--quantization nf4: weights of 4 bits cannot be trained"):
        trained(train_adapter, tmp_path, base, ROWS, "--quantization=nf4")
    assert not (tmp_path / "counts.json").exists()
