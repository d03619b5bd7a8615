"""Seed tasks as people have them (ours, Self-Instruct's, Alpaca's), checked and brought to one shape."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, placed_rows
from scripts.lib.rows.strict_json import shown

FORMATS = (
    'a seed is {"instruction", "input", "output"} in a JSONL file or a JSON array (ours, Alpaca), '
    'or {"instruction", "instances": [{"input", "output"}]} (Self-Instruct)'
)


def read_seeds(paths: Sequence[Path | str], at_least: int) -> list[Row]:
    """Return the seed tasks of all files: id, instruction, input, output, and then their other fields.

    A Self-Instruct row gives the first of its instances. A row without an id is named after its file
    and its place there, so that several such files fit together. Raises UserError naming the file and
    the line or row that cannot be used, or if there are fewer than `at_least` seeds.
    """
    seeds: list[Row] = []
    source_of: dict[str, Path] = {}
    for path in map(Path, paths):
        for seed in _seeds_of(path):
            if seed["id"] in source_of:
                raise UserError(_occurs_twice(seed["id"], source_of[seed["id"]], path))
            source_of[seed["id"]] = path
            seeds.append(seed)
    if len(seeds) < at_least:
        raise UserError(
            f"{', '.join(map(str, paths))}: {len(seeds)} seed tasks, but {at_least} are needed to show "
            "as examples; add seeds, or show fewer examples"
        )
    return seeds


def _occurs_twice(identity: str, first: Path, second: Path) -> str:
    if first.resolve() == second.resolve():
        return f"{second}: this file is given twice; name it once"
    message = f"{second}: the id {identity!r} is also in {first}; ids must be unique over all files, so "
    if first.stem == second.stem and identity.startswith(f"{first.stem}-"):
        return message + "rename one of the two files, after which rows without ids are named, or give the rows ids"
    return message + "change one of them"


def _seeds_of(path: Path) -> Iterator[Row]:
    number = 0
    for number, (place, row) in enumerate(placed_rows(path), start=1):
        if row["id"] == f"row-{number:06d}":
            row["id"] = f"{path.stem}-{number:06d}"
        yield _seed(row, f"{place} (id {row['id']!r})")
    if not number:
        raise UserError(f"{path}: there are no seed tasks in this file; {FORMATS}")


def _seed(row: Row, place: str) -> Row:
    """Return one row as a seed, checked; `place` names it in errors."""
    fields = row | _first_instance(row, place) if "instances" in row else row
    seed = {"id": row["id"]}
    for field in ("instruction", "input", "output"):
        seed[field] = _text(fields, field, place)
    if not seed["instruction"].strip():
        raise UserError(f"{place}: the instruction is blank; write one, or remove the row")
    others = {name: value for name, value in row.items() if name not in seed and name != "instances"}
    return seed | others


def _first_instance(row: Row, place: str) -> Row:
    instances = row["instances"]
    if not isinstance(instances, list) or not instances or not isinstance(instances[0], dict):
        raise UserError(f"{place}: 'instances' must be a list of objects with input and output, not {shown(instances)}")
    return instances[0]


def _text(fields: Row, field: str, place: str) -> str:
    """Return a field's text; only the instruction must be there."""
    if field not in fields and field != "instruction":
        return ""
    value = fields.get(field)
    if not isinstance(value, str):
        found = shown(value) if field in fields else "missing"
        raise UserError(f"{place}: '{field}' must be text, but is {found}; {FORMATS}")
    return value
