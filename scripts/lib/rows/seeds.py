"""Seed tasks from files and from the hub, in one shape, checked, and each task once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from scripts.lib.errors import UserError
from scripts.lib.rows.files import check_is_file
from scripts.lib.rows.hub_address import parse_address
from scripts.lib.rows.hub_rows import hub_rows
from scripts.lib.rows.jsonl import Row, identified, placed_rows
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.seed_forms import FORMATS, as_seed
from scripts.lib.rows.tables import is_table, table_rows
from scripts.lib.rows.tasks import same_task
from scripts.lib.rows.verdicts import reject

DUPLICATE = Reason(
    "duplicate",
    "a seed before it has the same instruction and input",
    "leave it so (`of` in `detail` names the seed that is kept)",
)
REASONS = (DUPLICATE,)

Source = Path | str
"""A file, or the address of a data set on the hub."""


@dataclass
class Seeds:
    """Seed tasks as they were found: those to keep, those that repeat one of them, and what chats had beyond a task."""

    kept: list[Row] = field(default_factory=list)
    duplicates: list[Row] = field(default_factory=list)
    turns_left_out: int = 0


def read_seeds(sources: Sequence[Source], at_least: int) -> Seeds:
    """Return the seed tasks of all sources: id, instruction, input, output, and then their other fields.

    A Self-Instruct row gives the first of its instances, a conversation its first task. A row without an id is named
    after its source (`train`, and `train_2` for a second one of that stem) and its place there,
    so that several such sources fit together. Of equal tasks, the first is kept.
    Raises UserError naming the file and the line or row that cannot be used, or if there are fewer than `at_least`.
    """
    seeds = Seeds()
    first_of: dict[str, str] = {}
    for place, row in task_rows(sources):
        seed, turns_left_out = as_seed(row, place)
        seeds.turns_left_out += turns_left_out
        first = first_of.setdefault(same_task(seed), seed["id"])
        if first == seed["id"]:
            seeds.kept.append(seed)
        else:
            seeds.duplicates.append(reject(seed, DUPLICATE, of=first))
    if len(seeds.kept) < at_least:
        raise UserError(_too_few(sources, seeds, at_least))
    return seeds


def task_rows(sources: Sequence[Source]) -> Iterator[tuple[str, Row]]:
    """Yield the rows of all sources in the forms that they have there (see `as_seed`), each with its place and id.

    Raises UserError naming the file and the line of what is no row, for an id that occurs in two sources, and for a
    source without rows.
    """
    source_of: dict[str, Source] = {}
    for source, stem in zip(sources, _distinct_stems(sources), strict=True):
        for place, row in _named_after(stem, source):
            if row["id"] in source_of:
                raise UserError(_occurs_twice(row["id"], source_of[row["id"]], source))
            source_of[row["id"]] = source
            yield f"{place} (id {row['id']!r})", row


def _too_few(sources: Sequence[Source], seeds: Seeds, at_least: int) -> str:
    repeated = f" (and {len(seeds.duplicates)} that repeat them)" if seeds.duplicates else ""
    return (
        f"{', '.join(map(str, sources))}: {len(seeds.kept)} seed tasks{repeated}, but {at_least} are needed to show "
        "as examples; add seeds, or show fewer examples"
    )


def _occurs_twice(identity: str, first: Source, second: Source) -> str:
    if _identity(first) == _identity(second):
        return f"{second}: this {'file' if isinstance(second, Path) else 'data set'} is given twice; name it once"
    return f"{second}: the id {identity!r} is also in {first}; ids must be unique over all files, so change one of them"


def _identity(source: Source) -> Source:
    return source.resolve() if isinstance(source, Path) else source


def _stem(source: Source) -> str:
    """Return what rows without an id are named after."""
    return source.stem if isinstance(source, Path) else parse_address(source).stem


def _distinct_stems(sources: Sequence[Source]) -> Iterator[str]:
    """Yield what the rows of each source are named after: of equal stems, a later one has a number behind it.

    A source that is given twice has its stem again, and is found out by it.
    """
    taken: dict[str, Source] = {}
    for source in sources:
        stem, number = _stem(source), 1
        while (name := stem if number == 1 else f"{stem}_{number}") in taken and (
            _identity(taken[name]) != _identity(source)
        ):
            number += 1
        taken[name] = source
        yield name


def _named_after(stem: str, source: Source) -> Iterator[tuple[str, Row]]:
    number = 0
    rows = tqdm(_placed_rows(source), desc=stem, unit=" rows", mininterval=0.5, delay=1, leave=False)
    for number, (place, row) in enumerate(rows, start=1):
        if row["id"] == f"row-{number:06d}":
            row["id"] = f"{stem}-{number:06d}"
        yield place, row
    if not number:
        raise UserError(f"{source}: there are no tasks in this file; {FORMATS}")


def _placed_rows(source: Source) -> Iterator[tuple[str, Row]]:
    if isinstance(source, str):
        return identified(hub_rows(source))
    if is_table(source):
        check_is_file(source, "give a CSV, TSV or Parquet file")
        return identified(table_rows(source))
    return placed_rows(source)
