"""Questions about the assistant, with answers: rows in which its name, its makers and its cutoff are slots."""

import re
from collections.abc import Mapping
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows

IDENTITY_SLOTS = ("name", "organisation", "cutoff")
"""What may stand in a row as {{name}} and so on."""

_SLOT = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def read_identity(path: Path, values: Mapping[str, str]) -> list[Row]:
    """Return the rows of a file with these values in their slots.

    Raises UserError naming the row that lacks a text or has a slot that is not filled, and for a file without rows.
    """
    rows = [_filled(row, place, values) for place, row in placed_rows(path)]
    if not rows:
        raise UserError(f"{path}: there are no rows in this file; identity.rows: null does without them")
    return rows


def _filled(row: Row, place: str, values: Mapping[str, str]) -> Row:
    row.setdefault("input", "")
    check_texts(row, place, "instruction", "input", "output")
    for field in ("instruction", "output"):
        if not row[field].strip():
            raise UserError(f"{place} (id {row['id']!r}): '{field}' must not be blank")
    for field in ("instruction", "input", "output"):
        for slot in _SLOT.findall(row[field]):
            if slot not in values:
                raise UserError(
                    f"{place} (id {row['id']!r}): '{field}' has the slot {{{{{slot}}}}}, but only "
                    f"{', '.join(f'{{{{{known}}}}}' for known in IDENTITY_SLOTS)} are filled"
                )
        row[field] = _SLOT.sub(lambda match: values[match[1]], row[field])
    return row
