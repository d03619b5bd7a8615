"""Models that are damaged in one way each: every command that takes them says what is wrong, and where."""

import json
import re
import resource
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

from scripts import prepare_base
from scripts.lib.engines.texts import UNBOUNDED, Texts
from scripts.lib.models import rendering
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest, write_manifest
from scripts.lib.models.small_files import check_small_files
from scripts.lib.rows.jsonl import write_rows
from tests.unit.bad_models import BAD_MODELS, GOOD_MODELS, NOT_UTF8
from tests.unit.refusals import refusal
from tests.unit.training_runs import ROWS, train, training_arguments


@pytest.fixture
def model(random_model, tmp_path):
    """A copy of a good model, for the test to spoil."""
    return Path(shutil.copytree(random_model, tmp_path / "model"))


@pytest.mark.parametrize(("spoil", "message"), BAD_MODELS.values(), ids=BAD_MODELS)
def test_a_damaged_model_is_refused_before_anything_is_written(model, spoil, message, monkeypatch):
    monkeypatch.setattr(rendering, "MOST_SECONDS", 1)
    spoil(model)
    target = model.parent / "merged"
    said = refusal("prepare_base", "--base", model, "--output", target / "manifest.json", inputs=model, output=target)
    assert re.search(message, said), said
    assert said.count("\n") == 1, "an error is one line"


def test_a_template_is_rendered_where_no_system_says_how_much_memory_is_taken(random_model, monkeypatch):
    monkeypatch.setattr(rendering, "PAGES_IN_USE", Path("/nowhere/statm"))
    rendering.check_rendering(load_tokenizer(random_model), "mine")


@pytest.mark.parametrize("content", [NOT_UTF8, b"{{ 'a' * 10**6 }}"])
def test_a_damaged_template_that_is_given_is_refused(model, content):
    given, target = model.parent / "mine.jinja", model.parent / "merged"
    given.write_bytes(content)
    options = ("--chat-template", given, "--base", model, "--output", target / "manifest.json")
    said = refusal("prepare_base", *options, inputs=model, output=target)
    assert re.search(r"mine\.jinja: not UTF-8|it writes 1000000 characters", said), said


@pytest.mark.parametrize("change", GOOD_MODELS.values(), ids=GOOD_MODELS)
def test_a_good_model_is_taken(model, change):
    change(model)
    output = model.parent / "merged" / "manifest.json"
    prepare_base.main(prepare_base.parser().parse_args(["--base", str(model), "--output", str(output)]))
    sizes = {file.name: file.stat().st_size for file in model.glob("*.safetensors")}
    prepared = load_manifest(output).files
    assert {name: facts["size"] for name, facts in prepared.items() if name in sizes} == sizes


@pytest.mark.parametrize(
    ("config", "vocabulary", "context"),
    [
        ({"model_type": "gemma3", "text_config": {"hidden_size": 32}}, 262208, 131072),
        ({"model_type": "gpt2", "vocab_size": 312, "n_positions": 512}, 312, 512),
        ({"model_type": "bloom", "vocab_size": 312}, 312, UNBOUNDED),
    ],
)
def test_what_a_configuration_leaves_out_is_as_its_architecture_has_it(tmp_path, config, vocabulary, context):
    (tmp_path / "config.json").write_text(json.dumps(config))
    check_small_files(tmp_path)
    texts = Texts(tmp_path)
    assert (texts.vocabulary, texts.context) == (vocabulary, context)


def complete(folder, model):
    write_rows(folder / "requests.jsonl", [{"id": "a", "task": "perplexity", "prompt": "a b"}])
    files = ("--requests", folder / "requests.jsonl", "--journal", folder / "journal")
    output = folder / "completions.jsonl"
    options = ("--engine", "transformers", "--model", model, "--dtype", "float32", "--output", output)
    return refusal("complete", *files, *options, inputs=model, output=output)


def talk(folder, model):
    return refusal("chat", "--model", model, inputs=model)


def train_on(folder, model):
    return refusal("train_adapter", *training_arguments(folder, model, ROWS), inputs=model, output=folder / "adapter")


@pytest.mark.parametrize("command", [complete, talk, train_on])
@pytest.mark.parametrize("damage", ["prefixed tensors", "no tensor of a layer", "no output layer", "another shape"])
def test_every_command_refuses_weights_that_do_not_fit(model, tmp_path, command, damage):
    spoil, message = BAD_MODELS[damage]
    spoil(model)
    write_manifest(model, "model", {"test": "manifest of a damaged model"})
    assert re.search(message, command(tmp_path, model))


@pytest.mark.parametrize(
    ("command", "damage"),
    [(complete, "NaN"), (talk, "NaN"), (train_on, "NaN"), (complete, "a list for generation")]
    + [(complete, "no vocabulary size"), (complete, "an end in words")],
)
def test_every_command_refuses_what_it_cannot_use(model, tmp_path, command, damage):
    spoil, message = BAD_MODELS[damage]
    spoil(model)
    write_manifest(model, "model", {"test": "manifest of a damaged model"})
    assert re.search(message, command(tmp_path, model))


def merge(base, adapter, target, *options):
    options = ("--base", base, "--adapter", adapter, "--cpu-threads", "1", *options)
    return refusal("merge_adapter", *options, "--output", target / "manifest.json", inputs=base.parent)


@pytest.mark.parametrize("size", ["potato", "4", "0GB", "-1GB", "infGB", "nanGB", "GB", ""])
def test_a_size_of_weight_files_that_is_none_is_refused_before_anything_is_loaded(tmp_path, size):
    nothing = tmp_path / "nothing" / "manifest.json"
    nothing.parent.mkdir()
    said = merge(nothing, nothing, tmp_path / "merged", f"--max-shard-size={size}")
    assert f"--max-shard-size {size}: not a size" in said


def test_an_adapter_with_numbers_that_are_not_finite_is_not_merged(base, adapter, tmp_path):
    spoiled = Path(shutil.copytree(adapter.parent, tmp_path / "adapter"))
    weights = load_file(spoiled / "adapter_model.safetensors")
    name = min(weights)
    save_file({**weights, name: weights[name] * float("nan")}, spoiled / "adapter_model.safetensors", {"format": "pt"})
    write_manifest(spoiled, "adapter", load_manifest(adapter, "adapter").made_from)
    said = merge(base, spoiled, tmp_path / "merged")
    assert re.search(rf"adapter_model\.safetensors: .*not finite .*: {re.escape(name)}; train the adapter again", said)


def test_a_training_that_diverges_stops_and_keeps_what_was_good(base, tmp_path):
    arguments = training_arguments(tmp_path, base, ROWS, "--learning-rate", "1e30", "--save-steps", "1")
    said = refusal("train_adapter", *arguments, inputs=base.parent, output=tmp_path / "adapter")
    assert re.search(
        r"error: update \d+ of 17: (eval_loss|loss|grad_norm) is (nan|inf).*--learning-rate, now 1e\+30", said
    ), said
    kept = [folder.name for folder in (tmp_path / "work").glob("checkpoint-*") if (folder / "whole.json").is_file()]
    assert kept == ["checkpoint-1"]
    assert (train(tmp_path, base, ROWS, "--save-steps", "10").parent / "adapter_model.safetensors").is_file()
    assert (tmp_path / "work.set-aside-1" / "checkpoint-1").is_dir()


def test_a_model_whose_experts_have_no_dropout_is_refused_before_rows_are_read(model, tmp_path):
    size = json.loads((model / "config.json").read_text())["vocab_size"]
    experts = Qwen3MoeConfig(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=32,
        moe_intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        num_experts=4,
        num_experts_per_tok=2,
        max_position_embeddings=512,
    )
    Qwen3MoeForCausalLM(experts).save_pretrained(model)
    output = tmp_path / "merged" / "manifest.json"
    prepare_base.main(prepare_base.parser().parse_args(["--base", str(model), "--output", str(output)]))
    arguments = training_arguments(tmp_path, output, [{"not": "a row"}])
    said = refusal("train_adapter", *arguments, inputs=output.parent, output=tmp_path / "adapter")
    assert re.search(r"merged: no LoRA adapter .*dropout.*training\.lora_dropout: 0 \(--lora-dropout 0\)", said), said
    assert train(tmp_path, output, ROWS[:4], "--lora-dropout", "0", "--epochs", "1").is_file()


@pytest.fixture
def small_files_only():
    """Let this process write no file of more than 40 kB, as if the disk were full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_without_room_for_weights_is_said_in_one_line(base, adapter, tmp_path, small_files_only):
    arguments = training_arguments(tmp_path, base, ROWS)
    said = refusal("train_adapter", *arguments, inputs=base.parent, output=tmp_path / "adapter")
    assert re.search(r"work: weights cannot be written whole .*make room on this disk", said), said
    said = merge(base, adapter, tmp_path / "merged")
    assert re.search(r"merged: weights cannot be written whole .*make room on this disk", said), said
    assert not (tmp_path / "merged" / "manifest.json").exists()
