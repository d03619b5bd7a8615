"""The files of a model folder: which are weights, which are small, and how they come into another folder."""

import json
import os
import shutil
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json, write_json

WEIGHTS, WEIGHTS_INDEX = "model.safetensors", "model.safetensors.index.json"
GENERATION_CONFIG, TOKENIZER_CONFIG = "generation_config.json", "tokenizer_config.json"
CHAT_TEMPLATE = "chat_template.jinja"
# Configuration, vocabulary and templates: data, never code and never a pickle.
SMALL_FILES = ("*.json", "*.jinja", "*.txt", "*.model")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tekken.json")


def weight_files(directory: Path) -> list[Path]:
    """Return the safetensors files of a model folder, each opened once to see that it is whole.

    Raises UserError naming the folder if there are none, and the file if one is missing or cut off.
    """
    index = directory / WEIGHTS_INDEX
    if index.is_file():
        names = sorted(set(read_json(index)["weight_map"].values()))
    elif (directory / WEIGHTS).is_file():
        names = [WEIGHTS]
    else:
        raise UserError(_no_weights(directory))
    files = [directory / name for name in names]
    for file in files:
        _check_whole(file)
    return files


def copy_small_files(source: Path, target: Path) -> None:
    """Copy configuration, tokenizer and template from one model folder into another, bytes as they are.

    The index of the weights stays behind: the other folder may have other shards.
    """
    for pattern in SMALL_FILES:
        for file in sorted(source.glob(pattern)):
            if file.name not in (WEIGHTS_INDEX, "manifest.json"):
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


def edit_json(path: Path, **changes: object) -> None:
    """Write a JSON object anew with some keys set, or taken out where the new value is None."""
    content = {**(read_json(path) if path.is_file() else {}), **changes}
    taken_out = {key for key, value in changes.items() if value is None}
    write_json(path, {key: value for key, value in content.items() if key not in taken_out})


def _check_whole(file: Path) -> None:
    from safetensors import SafetensorError, safe_open

    if not file.is_file():
        raise UserError(f"{file}: missing, though {WEIGHTS_INDEX} lists it; fetch or copy the model again")
    try:
        with safe_open(str(file), framework="numpy"):
            pass
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
