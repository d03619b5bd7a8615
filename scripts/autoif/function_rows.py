"""Rows of verification functions, as every step after they were written reads them: together by their instruction."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from scripts.autoif.verifiers import is_case
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows
from scripts.lib.rows.strict_json import shown


def read_functions(path: Path) -> Iterator[list[Row]]:
    """Yield the rows of each instruction's functions, in the order of the file.

    Raises UserError naming the row that lacks a text (instruction_id, instruction or function), whose
    cases are none, or whose instruction's rows do not stand together.
    """
    seen: set[str] = set()
    for instruction, group in groupby(_checked(path), key=lambda row: row["instruction_id"]):
        rows = list(group)
        if instruction in seen:
            raise UserError(
                f"{path}: row {rows[0]['id']!r}: functions of {instruction!r} stand apart from others of it; sort the "
                "rows by instruction_id"
            )
        seen.add(instruction)
        yield rows


def read_translated(path: Path) -> Iterator[list[Row]]:
    """Yield the same; raises UserError also for a row whose back_translation is neither text nor null."""
    for rows in read_functions(path):
        for row in rows:
            if not isinstance(row.get("back_translation", 0), str | None):
                found = shown(row["back_translation"]) if "back_translation" in row else "missing"
                raise UserError(f"{path}: row {row['id']!r}: 'back_translation' must be text or null, but is {found}")
        yield rows


def _checked(path: Path) -> Iterator[Row]:
    for place, row in placed_rows(path):
        check_texts(row, place, "instruction_id", "instruction", "function")
        cases = row.get("cases")
        if not isinstance(cases, list) or not all(map(is_case, cases)):
            raise UserError(
                f"{place} (id {row['id']!r}): 'cases' must be a list of objects with a text input and an output "
                f"of true or false, but is {shown(cases) if 'cases' in row else 'missing'}"
            )
        yield row
