"""The files of a model folder: which are weights, which are small, and how they come into another folder."""

import json
import os
import shutil
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.models.manifest import NAME as MANIFEST
from scripts.lib.models.ownership import clear_folder
from scripts.lib.rows.files import read_json, read_object, write_json

WEIGHTS, WEIGHTS_INDEX = "model.safetensors", "model.safetensors.index.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
GENERATION_CONFIG, TOKENIZER_CONFIG = "generation_config.json", "tokenizer_config.json"
CHAT_TEMPLATE = "chat_template.jinja"
# Configuration, vocabulary and templates: data, never code and never a pickle.
SMALL_FILES = ("*.json", "*.jinja", "*.txt", "*.model")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tekken.json")


def weight_files(directory: Path) -> list[Path]:
    """Return the safetensors files of a model folder, each opened once to see that it is whole.

    Raises UserError naming the folder if there are none, and the file if one is missing or cut off, or lacks
    a tensor that the index has in it.
    """
    placed: dict[str, set[str]] = {WEIGHTS: set()}
    if (directory / WEIGHTS_INDEX).is_file():
        placed = _read_index(directory)
    elif not (directory / WEIGHTS).is_file():
        raise UserError(_no_weights(directory))
    for name, tensors in placed.items():
        lacking = tensors - _tensors(directory / name)
        if lacking:
            raise UserError(
                f"{directory / name}: {len(lacking)} tensors that {WEIGHTS_INDEX} has in it are not there, "
                f"such as {min(lacking)}; fetch or copy the model again"
            )
    return [directory / name for name in placed]


def check_tokenizer_is_there(directory: Path) -> None:
    """Raise UserError if a model folder has no file of a tokenizer: transformers would make up an empty one."""
    if not any((directory / name).is_file() for name in TOKENIZER_FILES):
        raise UserError(f"{directory}: no tokenizer; put tokenizer.json and tokenizer_config.json beside the weights")


def copy_small_files(source: Path, target: Path) -> None:
    """Copy configuration, tokenizer and template from one model folder into another, bytes as they are.

    The index of the weights stays behind: the other folder may have other shards.
    """
    for pattern in SMALL_FILES:
        for file in sorted(source.glob(pattern)):
            if file.name not in (WEIGHTS_INDEX, MANIFEST):
                shutil.copyfile(file, target / file.name)


def link_weights(files: list[Path], target: Path) -> None:
    """Link weights into a folder instead of copying them: relative inside the project, else absolute.

    A relative link survives moving the project; one that leaves it would not.
    """
    project = Path.cwd().resolve()
    for file in files:
        real, link = file.resolve(), target / file.name
        inside = real.is_relative_to(project) and link.parent.resolve().is_relative_to(project)
        link.symlink_to(os.path.relpath(real, link.parent.resolve()) if inside else real)


def lay_out(source: Path, weights: list[Path], target: Path) -> None:
    """Lay a model out in a folder of ours, emptied first: its small files copied, its weights linked."""
    clear_folder(target)
    copy_small_files(source, target)
    if (source / WEIGHTS_INDEX).is_file():
        (target / WEIGHTS_INDEX).write_bytes((source / WEIGHTS_INDEX).read_bytes())
    link_weights(weights, target)


def edit_json(path: Path, **changes: object) -> None:
    """Write a JSON object anew with some keys set, or taken out where the new value is None."""
    content = {**read_object(path), **changes}
    taken_out = {key for key, value in changes.items() if value is None}
    write_json(path, {key: value for key, value in content.items() if key not in taken_out})


def _read_index(directory: Path) -> dict[str, set[str]]:
    """Return the tensors of each weight file that the index names; every file lies in the folder itself."""
    index = directory / WEIGHTS_INDEX
    content = read_json(index)
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not places:
        raise UserError(
            f"{index}: must hold an object with a weight_map (tensor to file); fetch or copy the model again"
        )
    placed: dict[str, set[str]] = {}
    for tensor, name in places.items():
        if not isinstance(name, str) or name != Path(name).name or not name.endswith(".safetensors"):
            raise UserError(
                f"{index}: {tensor} lies in {name!r}, which is not the name of a safetensors file in this folder; "
                "put all weight files beside the index"
            )
        placed.setdefault(name, set()).add(tensor)
    if WEIGHTS not in placed and (directory / WEIGHTS).is_file():
        raise UserError(
            f"{directory}: holds {WEIGHTS}, and {WEIGHTS_INDEX} that lists other files; remove what is not meant"
        )
    return dict(sorted(placed.items()))


def _tensors(file: Path) -> set[str]:
    """Return the names of a weight file's tensors; its whole length is checked against what it declares."""
    from safetensors import SafetensorError, safe_open

    if not file.is_file():
        raise UserError(f"{file}: missing, though {WEIGHTS_INDEX} lists it; fetch or copy the model again")
    try:
        with safe_open(str(file), framework="numpy") as opened:
            return set(opened.keys())
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise UserError(f"{file}: broken or cut off ({error}); fetch or copy the model again") from error


def _no_weights(directory: Path) -> str:
    pickled = [file.name for pattern in ("*.bin", "*.pt", "*.pth") for file in sorted(directory.glob(pattern))]
    if pickled:
        return (
            f"{directory}: no safetensors, only {pickled[0]}, which is a pickle and is never opened here; "
            "save the model again with save_pretrained, which writes safetensors"
        )
    return f"{directory}: no {WEIGHTS} and no {WEIGHTS_INDEX}; give a folder that save_pretrained wrote"
