"""The completions of a step, put back together from its shards and matched with the rows they are for."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, read_rows


def gather(files: Sequence[Path]) -> dict[str, Row]:
    """Return the completions of all shards by request id; raises UserError if two shards hold the same id."""
    found: dict[str, Row] = {}
    for file in files:
        for row in read_rows(file):
            if row["id"] in found:
                raise UserError(
                    f"{file}: the completion of {row['id']!r} is in another shard too; "
                    "delete this step's folder in work/ and run again"
                )
            found[row["id"]] = row
    return found


def completion_of(completions: dict[str, Row], identity: str, files: Iterable[Path]) -> Row:
    """Return one completion; raises UserError naming the files if it is missing."""
    if identity not in completions:
        names = ", ".join(str(file) for file in files)
        raise UserError(
            f"{names}: no completion of {identity!r}; the file is cut off or from another run: delete it and run again"
        )
    return completions[identity]
