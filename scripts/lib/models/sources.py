"""Where a base model comes from: a folder, or a pinned model of the Hugging Face hub."""

import re
from pathlib import Path

from scripts.lib.errors import UserError

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def local_base(base: str, revision: str | None) -> Path | None:
    """Return the folder of a base model, or None if it is a hub id (org/name) with a revision.

    Raises UserError for anything else: a folder that is not there, a hub id that nothing pins.
    """
    folder = Path(base).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists() or not HUB_NAME.fullmatch(base):
        raise UserError(f"{base}: no such folder; give a model folder, or a hub id such as Qwen/Qwen2.5-0.5B")
    if revision is None:
        raise UserError(
            f"{base}: neither a folder here nor a pinned hub id; check the path, or add a revision: "
            f"a commit from https://huggingface.co/{base}/commits/main"
        )
    return None
