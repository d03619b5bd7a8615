"""What the engraved model is asked at length: the tasks of several files, one after another."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, read_text_rows
from scripts.lib.rows.tasks import same_task


def read_verbose_tasks(files: Sequence[Path]) -> Iterator[Row]:
    """Yield the rows of all files, each task of a later file once: those about the assistant may be repeated.

    Raises UserError where two files have a row of the same id.
    """
    seen: set[str] = set()
    for number, file in enumerate(files):
        asked: set[str] = set()
        for row in read_text_rows(file, "instruction", "input"):
            if row["id"] in seen:
                raise UserError(f"{file}: the id {row['id']!r} is in another file of tasks, too; rename one of them")
            seen.add(row["id"])
            if number:
                if same_task(row) in asked:
                    continue
                asked.add(same_task(row))
            yield row
