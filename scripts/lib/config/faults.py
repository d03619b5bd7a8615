"""What is wrong within files that a configuration names, told before anything is planned."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from scripts.lib.errors import UserError


def fault_of(read: Callable[..., object], *files: str) -> str | None:
    """Return what `read` has against files, or None; a missing one is passed over (`Section.named` tells of it)."""
    return _fault_at(read, tuple(map(Path, files)), Path.cwd())


@cache  # every model of a grid names the same files
def _fault_at(read: Callable[..., object], files: tuple[Path, ...], folder: Path) -> str | None:
    """Return the same, for paths as they are seen from a folder, the current one."""
    if not all(file.is_file() for file in files):
        return None
    try:
        read(*files)
    except UserError as error:
        return str(error)
    return None
