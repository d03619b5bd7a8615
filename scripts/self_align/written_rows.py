"""Rows of replies, as the filters of this recipe read them."""

from collections.abc import Iterator
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows
from scripts.lib.rows.strict_json import shown

FINISH_REASONS = ("stop", "length")


def read_written_rows(path: Path, *fields: str) -> Iterator[Row]:
    """Yield rows with the texts instruction, input, output and these fields, and a finish reason.

    Raises UserError naming the row that lacks one.
    """
    for place, row in placed_rows(path):
        row.setdefault("input", "")
        check_texts(row, place, "instruction", "input", "output", *fields)
        if row.get("finish_reason") not in FINISH_REASONS:
            raise UserError(
                f"{place} (id {row['id']!r}): 'finish_reason' must be stop or length, but is "
                f"{shown(row['finish_reason']) if 'finish_reason' in row else 'missing'}"
            )
        yield row
