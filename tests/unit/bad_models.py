"""Ways to damage a model, with what its refusal must say; and ways to change one that harm nothing."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    CodeGenConfig,
    FalconConfig,
    GPT2Config,
    GPTJConfig,
    GPTNeoConfig,
    PreTrainedTokenizerFast,
)

Spoil = Callable[[Path], object]
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
EMBEDDING, UP = "model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight"
NOT_UTF8 = b"\xff\xfe{}"


def tensors(change):
    """Return what spoils the weights of a folder: `change` makes other tensors of them."""

    def spoil(folder):
        changed = change(load_file(folder / WEIGHTS))
        save_file({name: tensor.contiguous() for name, tensor in changed.items()}, folder / WEIGHTS, {"format": "pt"})

    return spoil


def tensor(name, change):
    return tensors(lambda all_of_them: {**all_of_them, name: change(all_of_them[name].clone())})


def without(*names):
    return tensors(lambda all_of_them: {name: value for name, value in all_of_them.items() if name not in names})


def one_number(value):
    def change(weight):
        weight.view(-1)[5] = value
        return weight

    return change


def keys(file, *taken_out, **changes):
    """Return what spoils a JSON object of a folder."""

    def spoil(folder):
        content = {**json.loads((folder / file).read_text()), **changes}
        (folder / file).write_text(json.dumps({key: content[key] for key in content if key not in taken_out}))

    return spoil


def config(*taken_out, **changes):
    return keys("config.json", *taken_out, **changes)


def text(file, content):
    return lambda folder: (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())


def index(content):
    """Return what replaces the one weight file by a shard and an index with this content."""

    def spoil(folder):
        (folder / WEIGHTS).rename(folder / "shard.safetensors")
        (folder / INDEX).write_text(json.dumps(content))

    return spoil


def template(content):
    return text("chat_template.jinja", content)


def both(*spoilers):
    def spoil(folder):
        for one in spoilers:
            one(folder)

    return spoil


def fewer_rows(folder):
    tensor(EMBEDDING, lambda weight: weight[:300])(folder)
    config(vocab_size=300)(folder)


def dangling_weights(folder):
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(folder / "elsewhere.safetensors")


def garbage_behind_the_weights(folder):
    with (folder / WEIGHTS).open("ab") as stream:
        stream.write(b"garbage")


def stray_index(folder):
    shutil.copyfile(folder / WEIGHTS, folder / "shard.safetensors")
    (folder / INDEX).write_text(json.dumps({"weight_map": {EMBEDDING: "shard.safetensors"}}))


LAYERS = ["full_attention"] * 4
BAD_MODELS: dict[str, tuple[Spoil, str]] = {
    "prefixed tensors": (
        tensors(lambda all_of_them: {f"module.{name}": value for name, value in all_of_them.items()}),
        r"model: its weights do not fit .*config\.json: 39 missing .*lm_head\.weight.*; 38 no part .*module\.model",
    ),
    "no tensor of a layer": (without(UP), rf"1 missing from its safetensors \({re.escape(UP)}\)"),
    "one tensor": (tensors(lambda all_of_them: {UP: all_of_them[UP]}), r"38 missing .*lm_head\.weight"),
    "no tensors": (tensors(lambda all_of_them: {}), r"39 missing .*and 36 more"),
    "no output layer": (config(tie_word_embeddings=False), r"1 missing from its safetensors \(lm_head\.weight\)"),
    "another output layer": (
        tensors(lambda all_of_them: {**all_of_them, "lm_head.weight": all_of_them[EMBEDDING] + 1}),
        r"config\.json: tie_word_embeddings is true, but .* differs from the embedding",
    ),
    "more layers": (config(num_hidden_layers=4, layer_types=LAYERS), r"12 missing .*model\.layers\.3\."),
    "fewer layers": (config(num_hidden_layers=2, layer_types=LAYERS[:2]), r"12 no part .*model\.layers\.2\."),
    "layers of no kind": (config(num_hidden_layers=5), r"config\.json: .*`num_hidden_layers` \(5\) must be equal"),
    "another architecture": (config(model_type="bert"), r"60 missing .*bert\.embeddings.*; 38 no part"),
    "no language model": (config(model_type="vit"), r"model: its weights cannot be loaded .*causal language model"),
    "another shape": (config(intermediate_size=64), r"9 of another shape \(model\.layers\.0\.mlp\.down_proj\.weight"),
    "no vocabulary size": (config("vocab_size"), r"1 of another shape \(model\.embed_tokens\.weight \[312, 128\], not"),
    "no tokens": (config(vocab_size=0), r"config\.json: .*vocab_size"),
    "a vocabulary size in words": (config(vocab_size="312"), r"config\.json: .*vocab_size"),
    "a width in words": (config(hidden_size="many"), r"config\.json: .*'hidden_size' expected int"),
    "no heads": (config(num_attention_heads=0), r"model: .*cannot be (loaded|run)"),
    "a list for a configuration": (text("config.json", "[]"), r"config\.json: "),
    "half a configuration": (text("config.json", '{"model_type": "qwen2",'), r"config\.json"),
    "a configuration of other bytes": (text("config.json", NOT_UTF8), r"config\.json"),
    "no configuration": (lambda folder: (folder / "config.json").unlink(), r"config\.json"),
    "NaN": (tensor(UP, one_number(float("nan"))), rf"not finite \(NaN or infinite\): {re.escape(UP)};"),
    "infinite": (tensor(EMBEDDING, one_number(float("inf"))), r"not finite .*: .*model\.embed_tokens\.weight"),
    "infinite in bfloat16": (tensor(UP, one_number(3.4e38)), rf"not finite .*: {re.escape(UP)};"),
    "too large": (tensor("model.norm.weight", lambda norm: norm * 3e38), r"model: the model's logits are not finite"),
    "zero": (
        tensors(lambda all_of_them: {name: torch.zeros_like(value) for name, value in all_of_them.items()}),
        r"model: the model gives every token the same probability",
    ),
    "no header": (text(WEIGHTS, b"\x08\0\0\0\0\0\0\0garbage!"), r"model\.safetensors: broken or cut off"),
    "too long": (garbage_behind_the_weights, r"model\.safetensors: broken or cut off"),
    "empty weights": (text(WEIGHTS, b""), r"model\.safetensors: broken or cut off"),
    "a link to nowhere": (dangling_weights, r"model: no model\.safetensors"),
    "an index without its map": (index({"metadata": {}}), r"index\.json: must hold an object with a weight_map"),
    "a list for an index": (index([1, 2]), r"index\.json: must hold an object with a weight_map"),
    "a list for the map": (index({"weight_map": [EMBEDDING]}), r"index\.json: must hold an object with a weight_map"),
    "a number for a file": (index({"weight_map": {EMBEDDING: 1}}), r"index\.json: model\.embed.* lies in 1, which"),
    "a file above": (index({"weight_map": {EMBEDDING: "../a.safetensors"}}), r"lies in '\.\./a\.safetensors', which"),
    "a file elsewhere": (index({"weight_map": {EMBEDDING: "/a.safetensors"}}), r"lies in '/a\.safetensors', which"),
    "a pickle in the index": (index({"weight_map": {EMBEDDING: "model.bin"}}), r"lies in 'model\.bin', which"),
    "a shard without its tensor": (
        index({"weight_map": {"lm_head.weight": "shard.safetensors"}}),
        r"shard\.safetensors: 1 tensors .*such as lm_head\.weight",
    ),
    "two sets of weights": (stray_index, r"model: holds model\.safetensors, and model\.safetensors\.index\.json"),
    "a list for generation": (
        text("generation_config.json", "[]"),
        r"generation_config\.json: must hold a JSON object",
    ),
    "an end outside": (keys("generation_config.json", eos_token_id=[2, 312]), r"eos_token_id holds 312.*from 0 to 311"),
    "an end in words": (keys("generation_config.json", eos_token_id="<|im_end|>"), r"eos_token_id holds '<\|im_end"),
    "a list for the tokenizer": (text("tokenizer_config.json", "[]"), r"tokenizer_config\.json: must hold a JSON obj"),
    "a foreign end": (keys("tokenizer_config.json", eos_token="</s>"), r"eos_token is '</s>', which the vocab"),
    "foreign padding": (keys("tokenizer_config.json", pad_token="[PAD]"), r"pad_token is '\[PAD\]', which the vocab"),
    "a number for the end": (keys("tokenizer_config.json", eos_token=5), r"model: its tokenizer cannot be read"),
    "a tokenizer without a model": (text("tokenizer.json", "{}"), r"model: its tokenizer cannot be read"),
    "a tokenizer of another model": (fewer_rows, r"the number 311, but config\.json gives the embedding 300 rows"),
    "a template with a long loop": (
        template("{% for i in range(10**9) %}a{% endfor %}"),
        r"cannot be used \(Range too",
    ),
    "a template that never ends": (
        template("{% for i in range(99999) %}{% for i in range(99999) %}{% endfor %}{% endfor %}"),
        r"model: the chat template cannot be used \(it has not ended after 1 seconds\)",
    ),
    "a template that takes all memory": (template("{{ 'a' * 10**11 }}"), r"it needs more than 1024 MiB of memory"),
    "a template that writes on and on": (template("{{ 'a' * 10**6 }}"), r"it writes 1000000 characters"),
    "a template that divides by zero": (template("{{ 1 / 0 }}"), r"cannot be used \(division by zero\)"),
    "a template of other bytes": (template(NOT_UTF8), r"chat_template\.jinja: not UTF-8 \(byte 0\)"),
}


def old_format(folder):
    """Give the folder what old checkpoints hold, and transformers ignores or ties."""
    frequencies = "model.layers.0.self_attn.rotary_emb.inv_freq"
    tensors(lambda all_of_them: {**all_of_them, frequencies: torch.ones(16)})(folder)


def shards_of_a_cache(folder):
    """Give the folder two shards behind links, as the hub's cache has them."""
    found = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    (folder.parent / "blobs").mkdir()
    names = sorted(found)
    placed = {name: f"model-0000{1 + (place > 20)}-of-00002.safetensors" for place, name in enumerate(names)}
    for file in set(placed.values()):
        shard = {name: found[name] for name in names if placed[name] == file}
        save_file(shard, folder.parent / "blobs" / file, {"format": "pt"})
        (folder / file).symlink_to(f"../blobs/{file}")
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": placed}))


def special_token_without_a_row(folder):
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]}, replace_extra_special_tokens=False)
    assert len(tokenizer) > json.loads((folder / "config.json").read_text())["vocab_size"]
    tokenizer.save_pretrained(folder)


def of_old(architecture, *buffers):
    """Return what makes the model one of an older architecture, with the buffers that its checkpoints hold."""

    def change(folder):
        size = json.loads((folder / "config.json").read_text())["vocab_size"]
        architecture.update({"vocab_size": size, "bos_token_id": 0, "eos_token_id": 0})
        AutoModelForCausalLM.from_config(architecture).save_pretrained(folder)
        tensors(lambda found: {**found, **{name: torch.ones(1, 1, 8, 8) for name in buffers}})(folder)

    return change


GPT_2 = GPT2Config(n_embd=32, n_layer=1, n_head=2, n_positions=512)
GPT_J = GPTJConfig(n_embd=32, n_layer=1, n_head=2, n_positions=512, rotary_dim=8)
CODEGEN = CodeGenConfig(n_embd=32, n_layer=1, n_head=4, n_positions=512, rotary_dim=8)
FALCON = FalconConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2)
GPT_NEO = GPTNeoConfig(
    hidden_size=32, num_layers=1, num_heads=2, attention_types=[[["global"], 1]], max_position_embeddings=512
)
GOOD_MODELS = {
    "shards behind links": shards_of_a_cache,
    "as it is": lambda folder: None,
    "tied, with the output layer": tensors(lambda found: {**found, "lm_head.weight": found[EMBEDDING].clone()}),
    "not tied": both(
        tensors(lambda found: {**found, "lm_head.weight": found[EMBEDDING] + 1}), config(tie_word_embeddings=False)
    ),
    "buffers of an old format": old_format,
    "GPT-2": of_old(GPT_2, "h.0.attn.bias", "transformer.h.0.attn.masked_bias"),
    "GPT-J": of_old(GPT_J, "transformer.h.0.attn.bias", "transformer.h.0.attn.masked_bias"),
    "GPT-Neo": of_old(GPT_NEO, *(f"transformer.h.0.attn.attention.{name}" for name in ("bias", "masked_bias"))),
    "CodeGen": of_old(CODEGEN, "transformer.h.0.attn.causal_mask"),
    "Falcon": of_old(FALCON, "transformer.h.0.self_attention.rotary.inv_freq"),
    "half precision": tensors(lambda found: {name: value.half() for name, value in found.items()}),
    "a special token for images, which it does not know": special_token_without_a_row,
    "no generation settings": lambda folder: (folder / "generation_config.json").unlink(),
}
