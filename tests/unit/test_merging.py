"""From an adapter to the next model, and talking to it: what is merged, what is refused."""

import io
import shutil
import sys

import pytest

from scripts import chat, merge_adapter
from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import stop_ids
from scripts.lib.models.loading import load_model, load_tokenizer
from scripts.lib.models.manifest import load_manifest, write_manifest
from scripts.lib.models.merging import attach_adapter, check_merged
from scripts.lib.models.ownership import clear_folder, mark_of
from scripts.lib.models.probing import check_stops
from tests.conftest import contents
from tests.tiny_model import build_random_model
from tests.unit.training_runs import prepared, weights

SHARDS = ("--max-shard-size", "200KB")


@pytest.fixture(scope="module")
def merged(base, adapter, tmp_path_factory):
    """The folder of the adapter merged into its base, as bf16 weights in several shards."""
    folder = tmp_path_factory.mktemp("merged") / "model"
    merge(base, adapter, folder, *SHARDS)
    return folder


def merge(base, adapter, folder, *options):
    arguments = ["--base", base, "--adapter", adapter, "--output", folder / "manifest.json", "--cpu-threads", "1"]
    merge_adapter.main(merge_adapter.parser().parse_args([*map(str, arguments), *options]))


def test_the_merged_model_is_base_and_adapter_in_bf16_shards_that_stop(base, adapter, merged):
    from transformers import AutoModelForCausalLM

    manifest = load_manifest(merged)
    assert sum(name.endswith(".safetensors") for name in manifest.files) > 1
    assert not any(name.endswith((".bin", ".pt", ".pth", ".pkl")) for name in manifest.files)
    assert manifest.made_from["adapter"] == load_manifest(adapter, "adapter").fingerprint
    model, tokenizer = AutoModelForCausalLM.from_pretrained(merged), load_tokenizer(merged)
    assert str(model.dtype) == "torch.bfloat16"
    assert model.generation_config.eos_token_id == stop_ids(tokenizer, "merged")
    assert str(base.parent) not in "".join(f.read_text() for f in merged.glob("*.json"))
    stacked = attach_adapter(load_model(base.parent, "float32"), adapter.parent)
    prompt = tokenizer("Name word 3.", return_tensors="pt")
    difference = stacked(**prompt).logits - model.float()(**prompt).logits
    assert difference.std() < 0.05 * stacked(**prompt).logits.std()


def test_a_second_merge_leaves_no_stale_shard(base, adapter, tmp_path):
    merge(base, adapter, tmp_path / "model", *SHARDS)
    merge(base, adapter, tmp_path / "model")
    assert [file.name for file in (tmp_path / "model").glob("*.safetensors*")] == ["model.safetensors"]


@pytest.fixture
def again(base, adapter, merged, tmp_path, monkeypatch):
    """Return a function that merges again into a copy of the merged model; it returns the files, and how many merges.

    The copy lacks its manifest: Snakemake deletes it before it runs the job again.
    """
    folder, merges, merge_anew = tmp_path / "model", [], merge_adapter.merge
    shutil.copytree(merged, folder)
    shutil.copy(mark_of(merged), mark_of(folder))
    (folder / "manifest.json").unlink()
    monkeypatch.setattr(merge_adapter, "merge", lambda *parts: merges.append(parts) or merge_anew(*parts))

    def run(damage, *options):
        damage(folder)
        merge(base, adapter, folder, *options)
        return contents(folder), len(merges)

    return run


def test_a_finished_merge_that_is_run_again_is_delivered_again(merged, again):
    assert again(lambda folder: None, *SHARDS) == (contents(merged), 0)


def change_a_weight(folder):
    shard = min(folder.glob("*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")


def lose_a_shard(folder):
    min(folder.glob("*.safetensors")).unlink()


@pytest.mark.parametrize("damage", [change_a_weight, lose_a_shard, clear_folder])
def test_a_merged_model_that_is_not_as_it_was_is_merged_anew(merged, again, damage):
    assert again(damage, *SHARDS) == (contents(merged), 1)


def test_a_model_that_is_to_be_merged_otherwise_is_merged_anew(again):
    files, merges = again(lambda folder: None)
    assert merges == 1
    assert [name for name in files if name.endswith(".safetensors")] == ["model.safetensors"]


def test_an_adapter_of_another_base_is_refused(adapter, tmp_path):
    other = prepared(build_random_model(tmp_path / "other", seed=2), tmp_path / "iter0")
    with pytest.raises(UserError, match=r"adapter/manifest\.json: was trained on model .* give the base"):
        merge(other, adapter, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_an_adapter_that_lacks_tensors_is_refused(base, adapter, tmp_path):
    from safetensors.torch import save_file

    tensors = weights(adapter)
    del tensors[min(tensors)]
    save_file(tensors, tmp_path / "adapter_model.safetensors", metadata={"format": "pt"})
    (tmp_path / "adapter_config.json").write_bytes((adapter.parent / "adapter_config.json").read_bytes())
    write_manifest(tmp_path, "adapter", load_manifest(adapter, "adapter").made_from)
    with pytest.raises(UserError, match="1 tensors do not fit the base model"):
        merge(base, tmp_path / "manifest.json", tmp_path / "merged")


def test_the_checks_of_a_merged_model_can_fail(merged):
    import torch

    model, tokenizer = load_model(merged, "bfloat16"), load_tokenizer(merged)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    with pytest.raises(UserError, match=r"does not stop at <\|im_end\|>.*eos_token_id in generation_config"):
        check_stops(model, tokenizer)
    logits = torch.randn(4, 50)
    with pytest.raises(UserError, match="merging changed the logits"):
        check_merged(logits + 0.01 * torch.randn(4, 50), logits)


def talk(monkeypatch, capsys, text, *options):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    chat.main(chat.parser().parse_args(list(options)))
    return capsys.readouterr().out


def test_chat_answers_each_line_that_is_piped_in(merged, monkeypatch, capsys):
    answers = talk(monkeypatch, capsys, "Name word 3.\n\nName word 3.\n", "--model", str(merged), "--max-tokens", "8")
    first, second = answers[: len(answers) // 2], answers[len(answers) // 2 :]
    assert first == second, "a line is answered alike, whatever was said before"
    assert first.startswith("words")
    assert "<|im_end|>" not in answers


def test_chat_refuses_a_folder_that_is_no_model(tmp_path, monkeypatch, capsys):
    with pytest.raises(UserError, match="no such manifest"):
        talk(monkeypatch, capsys, "Hello\n", "--model", str(tmp_path))
