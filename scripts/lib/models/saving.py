"""Weights that cannot be written: what torch and safetensors say of a full disk becomes one line with its remedy."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from scripts.lib.errors import UserError, first_line
from scripts.lib.rows.files import naming

# safetensors passes on the system's words. torch notices only that the file is shorter than what it has written.
SIGNS = (
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
    "Input/output error",
    "unexpected pos",
    "PytorchStreamWriter failed writing",
)


@contextlib.contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Turn an error of the disk while weights are saved into a UserError naming the folder; other errors pass."""
    from safetensors import SafetensorError

    try:
        with naming(folder):
            yield
    except (RuntimeError, SafetensorError) as error:
        if not any(sign in str(error) for sign in SIGNS):
            raise
        raise UserError(
            f"{folder}: weights cannot be written whole ({first_line(error)}); make room on this disk, "
            "then give the same command again: what is finished is kept"
        ) from error
