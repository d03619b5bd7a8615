"""The functions that verify whether an answer follows an instruction, by instruction."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.autoif.published import published_functions
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows
from scripts.lib.rows.on_disk import RowsOnDisk


class Functions:
    """The sources of the functions of each instruction, on disk: there may be very many of them."""

    def __init__(self, path: Path) -> None:
        """Read all rows of a file; raises UserError naming the file and line for one without a function."""
        self._path = path
        self._rows = RowsOnDisk()
        self._of: dict[str, list[str]] = {}
        for place, row in placed_rows(path):
            sources = functions_in(row, place)
            self._rows.put(row["id"], {"sources": sources})
            self._of.setdefault(instruction_id(row, place), []).append(row["id"])

    def of(self, identity: str, place: str) -> Sequence[str]:
        """Return the sources of an instruction's functions; raises UserError, led by a place, if it has none."""
        if identity not in self._of:
            raise UserError(
                f"{place}: no function in {self._path} verifies the instruction {identity!r}; give the functions that "
                "the prompts were drawn for"
            )
        return [source for row in self._of[identity] for source in self._rows[row]["sources"]]


def functions_in(row: Row, place: str) -> list[str]:
    """Return the sources of the functions in a row: one, or as many as a published row has."""
    if "eval_func" in row:
        return published_functions(row, place)
    check_texts(row, place, "function")
    return [row["function"]]


def instruction_id(row: Row, place: str) -> str:
    """Return the id of the instruction of a row of functions; a published row is an instruction by itself."""
    if "eval_func" in row:
        return str(row["id"])
    check_texts(row, place, "instruction_id")
    return str(row["instruction_id"])


def instructions_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of each instruction that a file has functions for, once, in their order.

    Raises UserError naming the row whose instruction is no text or blank, and for a file without rows.
    """
    seen: set[str] = set()
    for place, row in placed_rows(path):
        check_texts(row, place, "instruction")
        if not row["instruction"].strip():
            raise UserError(f"{place} (id {row['id']!r}): 'instruction' must not be blank")
        identity = instruction_id(row, place)
        if identity not in seen:
            seen.add(identity)
            yield identity, row["instruction"]
    if not seen:
        raise UserError(f"{path}: there are no functions in this file; give rows of functions with their instructions")
