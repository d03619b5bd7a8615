"""Where a base model comes from: a folder, or a pinned model of the Hugging Face hub."""

import argparse
import re
from pathlib import Path
from typing import Any

from scripts.lib.errors import UserError, first_line
from scripts.lib.models.files import SMALL_FILES
from scripts.lib.rows.files import read_json
from scripts.lib.run.claims import MODEL_OR_NAME

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def add_base(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a base model to a command line."""
    add = parser.add_argument
    add(
        "--base",
        type=MODEL_OR_NAME,
        required=True,
        help="folder with safetensors and tokenizer, or a hub id (org/name)",
    )
    add("--revision", help="commit (or tag) of the hub id; required for one, so that a run can be repeated")


def local_base(base: str, revision: str | None) -> Path | None:
    """Return the folder of a base model, or None if it is a hub id (org/name) with a revision.

    Raises UserError for anything else: a folder that is not there, a hub id that nothing pins.
    """
    try:
        folder = Path(base).expanduser()
        if folder.is_dir():
            return folder
        a_file = folder.exists()
    except (OSError, RuntimeError) as error:  # a name that is too long, a user that there is not
        raise UserError(f"{base}: {first_line(error)}; give a model folder, or a hub id") from error
    if a_file or not HUB_NAME.fullmatch(base):
        raise UserError(f"{base}: no such folder; give a model folder, or a hub id such as Qwen/Qwen2.5-0.5B")
    if revision is None:
        raise UserError(
            f"{base}: neither a folder here nor a pinned hub id; check the path, or add a revision: "
            f"a commit from https://huggingface.co/{base}/commits/main"
        )
    return None


def find_base(base: str, revision: str | None) -> tuple[Path, dict[str, Any]]:
    """Return the folder of a base model, fetched first if it is a hub id, and where it came from.

    What has been fetched before is found without a network. Raises UserError as `local_base` does, or if it cannot be
    fetched.
    """
    folder = local_base(base, revision)
    if folder is not None:
        return folder, {"folder": folder.name}
    return _fetched(base, revision), {"hub": base, "revision": revision}


def is_fetched(record: Path) -> bool:
    """Return whether a model still lies where scripts.fetch_base found it: caches are cleared."""
    try:
        folder = Path(read_json(record)["folder"])
    except (UserError, KeyError, TypeError):
        return False
    weights = list(folder.glob("*.safetensors"))
    return bool(weights) and all(file.is_file() for file in weights)


def _fetched(name: str, revision: str | None) -> Path:
    """Return the folder in the hub's cache with a model's safetensors and small files, and nothing else of it."""
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            name,
            revision=revision,
            allow_patterns=["*.safetensors", *SMALL_FILES],
            ignore_patterns=["*/*", "consolidated*"],
        )
    except Exception as error:  # the hub client raises what its HTTP library does, and that has changed before
        raise UserError(
            f"{name} at revision {revision}: cannot be fetched ({first_line(error)}); check name, revision and "
            "network, or fetch it elsewhere and give the folder"
        ) from error
    return Path(folder)
