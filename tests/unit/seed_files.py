"""Files of seeds for tests: written in a line, collected by the command, or refused by it."""

import json

import pyarrow
from pyarrow import parquet

from scripts import collect_seeds
from scripts.lib.rows.jsonl import read_rows
from tests.unit.refusals import refusal


def collect(folder, *sources):
    arguments = [
        *map(str, sources),
        "--output",
        str(folder / "out.jsonl"),
        "--rejected",
        str(folder / "rejected.jsonl"),
    ]
    collect_seeds.main(collect_seeds.parser().parse_args(["--input", *arguments]))
    return list(read_rows(folder / "out.jsonl"))


def task(seed):
    return seed["instruction"], seed["input"], seed["output"]


def lines(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def table(path, *rows):
    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)
    return path


def refused(folder, source, *more):
    out = folder / "out"
    return refusal("collect_seeds", "--input", source, "--output", out, *more, inputs=folder, output=out)
