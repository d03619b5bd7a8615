"""The base model as iteration 0: what is laid out, and what is refused before anything is written."""

import json
import shutil
from pathlib import Path

import pytest

from scripts.lib.errors import UserError
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.prepare_base import main, parser

ROOT = Path(__file__).parents[2]


@pytest.fixture
def base(random_model, tmp_path):
    """A copy of a good base model, for the test to spoil."""
    return Path(shutil.copytree(random_model, tmp_path / "base"))


def prepare(base, *options):
    """Prepare a base model beside it, and return the folder."""
    output = Path(base).parent / "merged" / "manifest.json"
    main(parser().parse_args(["--base", str(base), "--output", str(output), *options]))
    return output.parent


def edit(file, **changes):
    content = json.loads(file.read_text())
    content.update(changes)
    file.write_text(json.dumps(content))


def test_weights_are_linked_and_small_files_copied(base):
    folder = prepare(base)
    manifest = load_manifest(folder)
    assert (folder / "model.safetensors").resolve() == base / "model.safetensors"
    assert not (folder / "config.json").is_symlink()
    assert (folder / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    assert "model.safetensors" in manifest.files
    assert manifest.made_from == {"folder": "base"}
    assert prepare(base) == folder, "a second time takes the place of the first"
    assert load_manifest(folder).fingerprint == manifest.fingerprint


def test_links_within_the_project_are_relative(base, monkeypatch):
    monkeypatch.chdir(base.parent)
    assert (prepare(base) / "model.safetensors").readlink() == Path("../base/model.safetensors")


def test_a_chosen_template_and_padding_take_the_place_of_the_models_own(base, tmp_path):
    edit(base / "tokenizer_config.json", chat_template="{{ nonsense }}", pad_token=None)
    template = tmp_path / "mine.jinja"
    template.write_text(
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}<|im_end|>{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    tokenizer = load_tokenizer(prepare(base, "--chat-template", str(template), "--pad-token", "<|im_end|>"))
    assert tokenizer.pad_token == "<|im_end|>"
    assert tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False) == "user: Hi<|im_end|>"


def remove_tokenizer(base):
    (base / "tokenizer.json").unlink()


def leave_only_a_pickle(base):
    (base / "model.safetensors").rename(base / "pytorch_model.bin")


def remove_weights(base):
    (base / "model.safetensors").unlink()


def cut_off_weights(base):
    content = (base / "model.safetensors").read_bytes()
    (base / "model.safetensors").write_bytes(content[: len(content) // 2])


def lose_a_shard(base):
    index = {"metadata": {}, "weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (base / "model.safetensors.index.json").write_text(json.dumps(index))


def remove_template(base):
    (base / "chat_template.jinja").unlink()


def end_turns_in_plain_text(base):
    (base / "chat_template.jinja").write_text("{% for m in messages %}{{ m['content'] }} THE END {% endfor %}")


def break_template(base):
    (base / "chat_template.jinja").write_text("{% for m in messages %}")


def remove_eos(base):
    edit(base / "tokenizer_config.json", eos_token=None)


def remove_padding(base):
    edit(base / "tokenizer_config.json", pad_token=None)


def remove_template_and_padding(base):
    remove_template(base)
    remove_padding(base)


def bring_own_code(base):
    edit(base / "config.json", model_type="homemade", auto_map={"AutoConfig": "homemade.Config"})
    (base / "homemade.py").write_text("raise SystemExit('this code must never run')")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove_tokenizer, r"base: no tokenizer; put tokenizer\.json"),
        (leave_only_a_pickle, r"base: no safetensors, only pytorch_model\.bin, which is a pickle"),
        (remove_weights, r"base: no model\.safetensors"),
        (cut_off_weights, r"base/model\.safetensors: broken or cut off .*; fetch or copy"),
        (lose_a_shard, r"model-00002-of-00002\.safetensors: missing"),
        (remove_template, r"base: no chat template: set chat_template: plain"),
        (break_template, r"base: the chat template cannot be used"),
        (
            end_turns_in_plain_text,
            r"base: the chat template ends the assistant's turn with 'THE END'.*chat_template: plain",
        ),
        (remove_eos, r"tokenizer_config\.json: no eos token"),
        (remove_padding, r"base: no pad token: set pad_token: in"),
        (
            remove_template_and_padding,
            r"base: no chat template: set .*; and no pad token: set pad_token: in the model's",
        ),
        (bring_own_code, r"config\.json: not a model that transformers knows"),
    ],
)
def test_a_model_that_lacks_something_is_refused_and_nothing_is_written(base, spoil, message):
    spoil(base)
    with pytest.raises(UserError, match=message):
        prepare(base)
    assert not (base.parent / "merged").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--base", "no/such/folder"], "no/such/folder: no such folder"),
        (["--base", "someone/model"], "someone/model: neither a folder here nor a pinned hub id.*add a revision"),
        (["--chat-template", "no.jinja"], r"no\.jinja: no such chat template"),
        (["--pad-token", "<|nothing|>"], r"pad_token: <\|nothing\|> \(--pad-token\): not a token of"),
    ],
)
def test_options_that_name_nothing_are_refused(base, options, message):
    with pytest.raises(UserError, match=message):
        prepare(base, *options)
    assert not (base.parent / "merged").exists()


def test_the_base_is_never_cleared_for_its_own_copy(base):
    with pytest.raises(UserError, match="holds files that were not made here"):
        main(parser().parse_args(["--base", str(base), "--output", str(base / "manifest.json")]))
    assert (base / "model.safetensors").is_file()
