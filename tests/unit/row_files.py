"""Files of rows as tests want them: read as a list, and written with their path in return."""

from collections.abc import Sequence
from pathlib import Path

from scripts.lib.rows import jsonl
from scripts.lib.rows.jsonl import Row


def list_rows(path: Path) -> list[Row]:
    """Return all rows of a file."""
    return list(jsonl.read_rows(path))


def file_of(path: Path, rows: Sequence[Row]) -> Path:
    """Write rows to a file, and return its path."""
    jsonl.write_rows(path, rows)
    return path
