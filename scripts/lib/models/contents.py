"""What lies in the folder of a model: the names of its files, their sizes and hashes."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from tqdm import tqdm

NAME = "manifest.json"
FileFacts = dict[str, Any]
# Reading large weights is bound by the disk; a few readers keep it busy, and hashing releases the GIL.
HASHING_THREADS = 4


def file_names(directory: Path) -> list[str]:
    """Relative names of the files under a directory, sorted; links to files count, hidden files do not."""
    relative = (file.relative_to(directory) for file in directory.rglob("*") if not file.is_dir())
    return sorted(
        name.as_posix()
        for name in relative
        if name.as_posix() != NAME and not any(part.startswith(".") for part in name.parts)
    )


def facts_of(directory: Path, names: Sequence[str]) -> list[FileFacts]:
    """Return the size and sha256 of files in a directory, in their order."""
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        facts = pool.map(lambda name: _facts(directory / name), names)
        return list(tqdm(facts, desc="hashing", total=len(names), unit=" files", mininterval=0.5, delay=2))


def _facts(file: Path) -> FileFacts:
    real = file.resolve()
    state = real.stat()
    return {"size": state.st_size, "sha256": _digest(real, state.st_size, state.st_mtime_ns)}


@cache
def _digest(file: Path, size: int, changed: int) -> str:
    """Return the hash of a file as it is now: models that share it ask for it again."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
