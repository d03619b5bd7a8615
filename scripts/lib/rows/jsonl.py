"""Rows in and out: JSON Lines or a JSON array, read with file and line in every error, written atomically."""

import codecs
import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open, check_is_file
from scripts.lib.rows.strict_json import parse_json, shown, to_line

Row = dict[str, Any]


def read_rows(path: Path | str) -> Iterator[Row]:
    """Yield the rows of a JSONL file or JSON array, one at a time; blank lines are passed over.

    A row that has no `id` gets its place in the file as one ("row-000001"). Raises UserError as
    `placed_rows` does.
    """
    for _, row in placed_rows(path):
        yield row


def count_rows(path: Path | str) -> int:
    """Return how many rows a JSONL file holds, without parsing them."""
    with Path(path).open("rb") as stream:
        return sum(1 for line in stream if line.strip())


def read_text_rows(path: Path | str, *fields: str) -> Iterator[Row]:
    """Yield the rows of `read_rows`, checked: each named field is there and is text (`input` may be absent)."""
    for place, row in placed_rows(path):
        row.setdefault("input", "")
        check_texts(row, place, *fields)
        yield row


def check_texts(row: Row, place: str, *fields: str) -> None:
    """Raise UserError, led by a row's place and id, unless each named field is there and is text."""
    for field in fields:
        if not isinstance(row.get(field), str):
            found = shown(row[field]) if field in row else "missing"
            raise UserError(f"{place} (id {row['id']!r}): '{field}' must be text, but is {found}")


def placed_rows(path: Path | str) -> Iterator[tuple[str, Row]]:
    """Yield each row with its place ("file:line", or "file: row n" of an array), for errors about it.

    Raises UserError naming that place for a missing file, whatever `parse_json` refuses, a row that is not
    an object, or an id that occurs twice.
    """
    return identified(_numbered_rows(Path(path)))


def identified(rows: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    """Yield rows with their places, each with an id: that of `read_rows` where it has none of its own.

    Raises UserError naming the place for an id that is no text, or that occurs twice.
    """
    seen: set[str] = set()
    for place, row in rows:
        identity = row.get("id", f"row-{len(seen) + 1:06d}")
        if not isinstance(identity, str):
            raise UserError(f"{place}: the id must be text, not {shown(identity)}; put it in quotes")
        if identity in seen:
            raise UserError(f"{place}: the id {identity!r} occurs twice; ids must be unique")
        seen.add(identity)
        yield place, {"id": identity, **row}


def _numbered_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield each row with the place ("file:line") that an error about it should name."""
    check_is_file(path, "give a JSONL file or a JSON array")
    with path.open("rb") as stream:
        if _starts_with_bracket(stream):
            yield from _array_rows(path, stream.read())
            return
        for number, line in enumerate(stream, start=1):
            if line.strip():
                place = f"{path}:{number}"
                yield place, _checked_object(parse_json(line, place, "the line may be cut off"), place)


def _starts_with_bracket(stream: IO[bytes]) -> bool:
    if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        stream.seek(0)
    first = stream.read(1)
    while first and first.isspace():
        first = stream.read(1)
    stream.seek(0)
    return first == b"["


def _array_rows(path: Path, content: bytes) -> Iterator[tuple[str, Row]]:
    rows = parse_json(content, str(path), "the file may be cut off", whole_file=True)
    for number, row in enumerate(rows, start=1):
        place = f"{path}: row {number}"
        yield place, _checked_object(row, place)


def _checked_object(value: Any, place: str) -> Row:
    if not isinstance(value, dict):
        raise UserError(f"{place}: a row must be a JSON object, not {type(value).__name__}")
    return value


@contextlib.contextmanager
def row_writer(path: Path | str) -> Iterator["RowWriter"]:
    """Open a JSONL file for streaming rows into; it appears only when the block ends without an error."""
    with atomic_open(path) as stream:
        yield RowWriter(stream)


class RowWriter:
    """Writes rows to an open stream and counts them."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.count = 0

    def write(self, row: Row) -> None:
        """Append one row."""
        self._stream.write(json_line(row))
        self.count += 1


def write_rows(path: Path | str, rows: Iterable[Row]) -> int:
    """Write rows as JSONL, atomically; return how many."""
    with row_writer(path) as writer:
        for row in rows:
            writer.write(row)
    return writer.count


def json_line(row: Row) -> str:
    """Return a row as one line of JSON, keys in their own order, characters as they are; ValueError for NaN."""
    return to_line(row) + "\n"
