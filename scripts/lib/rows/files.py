"""Files that are whole or not there: written atomically, read with an error that names them."""

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from scripts.lib.errors import UserError
from scripts.lib.rows.strict_json import parse_json

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What the system says when it has no room for a write, or no disk: without saying for which file."""

ENDLESS = "a pipe, socket or device"
"""What is neither a file nor a folder."""


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the name of the file that is being written into errors of the disk, which come without one."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRORS or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def atomic_open(path: Path | str) -> Iterator[IO[str]]:
    """Open a file for writing that appears under its name only when it is whole and on disk."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    partial = Path(name)
    try:
        with naming(path), os.fdopen(handle, "w", encoding="utf-8") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def sync(files: Iterable[Path]) -> None:
    """Wait until files are on disk, whoever wrote them: before another is written that vouches for them."""
    for file in files:
        with naming(file), file.open("rb") as stream:
            os.fsync(stream.fileno())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def write_json(path: Path | str, value: Any) -> None:
    """Write one JSON value, indented, atomically; ValueError for NaN and Infinity, which JSON has not."""
    with atomic_open(path) as stream:
        json.dump(value, stream, ensure_ascii=False, allow_nan=False, indent=2)
        stream.write("\n")


def read_json(path: Path | str) -> Any:
    """Read one JSON value; raises UserError naming the file and line if it is missing or broken."""
    path = Path(path)
    check_is_file(path)
    return parse_json(path.read_bytes(), str(path), "delete the file and make it again", whole_file=True)


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, empty if there is no such file; raises UserError naming the file."""
    content = read_json(path) if path.is_file() else {}
    if not isinstance(content, dict):
        raise UserError(f"{path}: must hold a JSON object ({{…}}), but holds a {type(content).__name__}; copy it again")
    return content


def check_is_file(path: Path, remedy: str = "check the path") -> None:
    """Raise UserError unless there is a file that can be read to its end: a pipe or a device may have none."""
    if path.is_file():
        return
    if not path.exists():
        raise UserError(f"{path}: no such file; {remedy}")
    raise UserError(f"{path}: {ENDLESS if is_endless(path) else 'a folder'}, not a file; {remedy}")


def is_endless(path: Path) -> bool:
    """Return whether a path leads to something that may have no end: neither a file nor a folder."""
    return path.exists() and not (path.is_file() or path.is_dir())
