"""Rows of tables: CSV, TSV, Parquet and whatever is in Arrow's memory, as rows that JSON can hold."""

import csv
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.strict_json import decode

if TYPE_CHECKING:
    import pyarrow

DELIMITERS = {".csv": ",", ".tsv": "\t"}
PARQUET = ".parquet"


def is_table(path: Path) -> bool:
    """Return whether a file is a table, by its ending."""
    return path.suffix.lower() in (*DELIMITERS, PARQUET)


def table_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yield each row of a CSV, TSV or Parquet file with its place ("file: row n").

    A number as an id becomes text, and an empty one is none. Raises UserError naming the file, and the row where it is
    known, for what cannot be read.
    """
    ending = path.suffix.lower()
    yield from _parquet_rows(path) if ending == PARQUET else _csv_rows(path, DELIMITERS[ending])


def arrow_rows(batches: "Iterable[pyarrow.Table | pyarrow.RecordBatch]", source: str) -> Iterator[tuple[str, Row]]:
    """Yield each row of Arrow's tables with its place, as `table_rows` does."""
    rows = (row for batch in batches for row in batch.to_pylist())
    for number, row in enumerate(rows, start=1):
        place = f"{source}: row {number}"
        yield place, _with_text_as_id({name: _plain(value, f"{place}: {name!r}") for name, value in row.items()})


def _csv_rows(path: Path, delimiter: str) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a file with a header; fields that a row lacks at its end are empty, like all that are missing.

    Everything is text here: pandas and datasets would read "NA" as missing, and 007 as seven.
    """
    text = io.StringIO(decode(path.read_bytes(), str(path)), newline="")
    reader = csv.DictReader(text, delimiter=delimiter, restval="", strict=True)
    number = 0
    try:
        _check_header(reader, path)
        for number, row in enumerate(reader, start=1):
            place = f"{path}: row {number}"
            if None in row:
                raise UserError(f"{place}: more fields than the header has; put text with a delimiter in it in quotes")
            yield place, _with_text_as_id({name: value for name, value in row.items() if name})
    except csv.Error as error:
        raise UserError(f"{path}: row {number + 1}: broken CSV ({error}); check its quotes") from error


def _check_header(reader: "csv.DictReader[str]", path: Path) -> None:
    """Strip the names of the columns, and refuse two that are equal; one without a name is somebody's row numbers."""
    reader.fieldnames = names = [name.strip() for name in reader.fieldnames or ()]
    if twice := next((name for name in names if name and names.count(name) > 1), None):
        raise UserError(f"{path}: two columns are called {twice!r}; rename one of them")


def _parquet_rows(path: Path) -> Iterator[tuple[str, Row]]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            yield from arrow_rows(file.iter_batches(), str(path))
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as Parquet ({error}); write or fetch the file again") from error


def _with_text_as_id(row: Row) -> Row:
    """Return a row whose id, if it has one, is text: a column of numbers is what most tables have."""
    if row.get("id") in (None, ""):
        row.pop("id", None)
    elif isinstance(row["id"], int):
        row["id"] = str(row["id"])
    return row


def _plain(value: Any, place: str) -> Any:
    """Return a value as JSON has it: null for what is no number, text for dates and the like."""
    if isinstance(value, dict):
        return {str(name): _plain(inner, place) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, place) for inner in value]
    if isinstance(value, bytes):
        raise UserError(f"{place} holds bytes, which no JSON has; remove this column, or write it as text")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)
