"""What a training can be told beside its defaults: which layers, which schedule, whether to learn to end, 4 bits."""

import sys
from importlib.util import find_spec

import pytest
from pydantic import ValidationError

from scripts import merge_adapter, train_adapter
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.training.doubts import doubts
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.settings import Training
from tests.unit.training_runs import ROWS, train, training_arguments, weights

LATER = ("lora_targets", "quantization", "scheduler", "warmup_ratio", "weight_decay", "end_of_turn")


def layers(adapter):
    """The names of the modules that have an adapter."""
    return {name.split(".")[-3] for name in weights(adapter)}


def rates(adapter):
    """The learning rate of each update, as a share of the peak."""
    log = read_rows(adapter.parent / "training_log.jsonl")
    return [row["learning_rate"] / 5e-3 for row in log if "learning_rate" in row]


def settings_of(adapter):
    return load_manifest(adapter, "adapter").made_from["settings"]


def test_a_manifest_names_the_later_settings_only_where_they_are_not_as_they_were(adapter, base, tmp_path):
    assert not set(LATER) & settings_of(adapter).keys()
    changed = train(tmp_path, base, ROWS[:8], "--epochs=1", "--weight-decay=0.1", "--adam-beta2=0.95")
    assert settings_of(changed)["weight_decay"] == 0.1 and settings_of(changed)["adam_beta2"] == 0.95
    assert Hyperparameters(**settings_of(changed)).scheduler == "cosine"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["attention"], {"q_proj", "k_proj", "v_proj", "o_proj"}),
        (["all-linear"], {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}),
        (["q_proj", "mlp.down_proj"], {"q_proj", "down_proj"}),
        (["v_proj"], {"v_proj"}),
    ],
)
def test_an_adapter_is_on_the_layers_that_were_asked_for(base, tmp_path, given, expected):
    adapter = train(tmp_path, base, ROWS[:8], "--epochs=1", "--lora-targets", *given)
    assert layers(adapter) == expected


def test_a_layer_that_the_model_lacks_is_refused_with_those_that_it_has(base, tmp_path):
    with pytest.raises(
        UserError, match=r"no module c_attn, proj, which training\.lora_targets .* are .*down_proj.*q_pr"
    ):
        train(tmp_path, base, ROWS, "--lora-targets", "q_proj", "c_attn", "proj")
    assert not (tmp_path / "counts.json").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--scheduler=constant"], [0, 0.5, 1, 1, 1, 1]),
        (["--scheduler=linear"], [0, 0.5, 1, 0.75, 0.5, 0.25]),
        (["--scheduler=cosine"], [0, 0.5, 1, 0.854, 0.5, 0.146]),
        (["--scheduler=linear", "--warmup-ratio=0.5"], [0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3]),
        (["--scheduler=constant", "--warmup-ratio=0"], [1] * 6),
        (["--scheduler=constant", "--warmup-ratio=null"], [0, 0.5, 1, 1, 1, 1]),
    ],
)
def test_the_learning_rate_follows_its_schedule(base, tmp_path, options, expected):
    adapter = train(tmp_path, base, ROWS, "--epochs=1", "--validation-share=0", *options)
    assert rates(adapter) == pytest.approx(expected, abs=1e-3)


def test_the_updates_of_a_ratio_are_counted_as_the_trainer_counts_them():
    needed = dict.fromkeys(Hyperparameters.__annotations__) | {"epochs": 1.0, "rows_per_update": 4, "warmup_steps": 500}
    found = list(doubts(40, 4, 0.1, Hyperparameters(**needed | {"warmup_ratio": 0.03})))
    assert found == []
    assert "10 updates in all, but 500 to warm up" in next(doubts(40, 4, 0.1, Hyperparameters(**needed)))


def test_weight_decay_and_the_decays_of_adam_change_the_weights(adapter, base, tmp_path):
    for option in ("--weight-decay=0.5", "--adam-beta1=0.5", "--adam-beta2=0.9"):
        changed = weights(train(tmp_path / option, base, ROWS, option))
        assert any((changed[name] - weight).abs().max() > 1e-4 for name, weight in weights(adapter).items()), option


def test_a_model_that_does_not_learn_to_end_its_turn_loses_one_token_a_row_and_merges_all_the_same(
    base, tmp_path, capsys
):
    from scripts.lib.models.chat_format import end_of_turn
    from scripts.lib.models.loading import load_tokenizer
    from scripts.lib.training.data import read_examples

    tokenizer = load_tokenizer(base.parent)
    write_rows(tmp_path / "rows.jsonl", ROWS)
    files = [tmp_path / "rows.jsonl"]
    whole, endless = read_examples(files, tokenizer), read_examples(files, tokenizer, learns_to_end=False)
    end = end_of_turn(tokenizer, "model").id
    assert [example.completion for example in whole] == [[*example.completion, end] for example in endless]
    adapter = train(tmp_path, base, ROWS, "--no-end-of-turn", "--epochs=1")
    assert settings_of(adapter)["end_of_turn"] is False
    command = ["--base", base, "--adapter", adapter, "--output", tmp_path / "merged" / "manifest.json"]
    merge_adapter.main(merge_adapter.parser().parse_args([*map(str, command), "--cpu-threads=1"]))
    assert (
        "which it has not learnt to write (training.end_of_turn: false): it may never stop" in capsys.readouterr().err
    )


def test_four_bits_without_bitsandbytes_are_refused_before_any_work(base, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setattr("scripts.lib.training.quantization.find_spec", lambda name: None)
    with pytest.raises(UserError, match="nf4: bitsandbytes is not installed; run `pip install bitsandbytes`, or train"):
        train(tmp_path, base, ROWS, "--quantization=nf4")
    assert not (tmp_path / "counts.json").exists()


def test_four_bits_do_not_go_with_zero3(base, tmp_path, monkeypatch, root):
    with pytest.raises(ValidationError, match=r"quantization \(nf4\): ZeRO-3 .* use deepspeed zero2 or none"):
        Training(quantization="nf4", deepspeed="zero3")
    monkeypatch.setattr("scripts.lib.training.quantization.find_spec", lambda name: object())
    with pytest.raises(UserError, match="--quantization nf4: ZeRO-3"):
        train(tmp_path, base, ROWS, "--quantization=nf4", f"--deepspeed={root / 'config/deepspeed/zero3.json'}")


@pytest.mark.skipif(not find_spec("bitsandbytes"), reason="needs bitsandbytes, which is not among the requirements")
def test_an_adapter_trained_on_four_bits_learns_and_merges_into_whole_weights(adapter, base, tmp_path):
    quantized = train(tmp_path, base, ROWS, "--quantization=nf4")
    assert settings_of(quantized)["quantization"] == "nf4"
    assert "bitsandbytes" in load_manifest(quantized, "adapter").made_from["libraries"]
    losses = [row["loss"] for row in read_rows(quantized.parent / "training_log.jsonl") if "loss" in row]
    whole = [row["loss"] for row in read_rows(adapter.parent / "training_log.jsonl") if "loss" in row]
    assert losses[-1] < 0.8 * losses[0]
    assert losses[0] != whole[0] and losses[0] == pytest.approx(whole[0], rel=0.3)
    command = ["--base", base, "--adapter", quantized, "--output", tmp_path / "merged" / "manifest.json"]
    merge_adapter.main(merge_adapter.parser().parse_args([*map(str, command), "--cpu-threads=1"]))
    assert "quantization_config" not in read_json(tmp_path / "merged" / "config.json")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--warmup-ratio=1"], "less than 1"),
        (["--scheduler=step"], "'cosine', 'linear' or 'constant'"),
        (["--adam-beta1=1"], "less than 1"),
        (["--weight-decay=-1"], "greater than or equal to 0"),
        (["--quantization=int8"], "'none' or 'nf4'"),
        (["--lora-targets", ""], "--lora-targets: not ''"),
    ],
)
def test_a_value_that_cannot_be_is_refused(base, tmp_path, capsys, option, said):
    with pytest.raises(SystemExit):
        train_adapter.parser().parse_args(training_arguments(tmp_path, base, [], *option))
    assert said in capsys.readouterr().err
