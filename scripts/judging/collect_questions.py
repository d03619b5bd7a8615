"""Take questions with reference answers as rows to be answered: their `output` becomes `reference`.

    python -m scripts.judging.collect_questions --input config/questions/pairwise.jsonl --output questions.jsonl

They are JSONL or a JSON array, in any form that seed tasks have; alpaca_eval's public file is one of them.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, placed_rows, write_rows
from scripts.lib.rows.seed_forms import as_seed
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="questions with instruction, input and output")
    add("--output", type=OUTPUT, required=True, help="rows to write: id, instruction, input, reference")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every question as a row."""
    questions = list(asked(args.input))
    if not questions:
        raise UserError(f"{args.input}: there are no questions in this file; give rows with instruction and output")
    count = write_rows(args.output, questions)
    cli.say_where(args.output, f"{count} questions")


def asked(path: Path) -> Iterator[Row]:
    """Yield the questions; raises UserError naming the row that has no instruction, or no reference answer."""
    for place, row in placed_rows(path):
        question, _ = as_seed(row, f"{place} (id {row['id']!r})")
        if not question["output"].strip():
            raise UserError(
                f"{place} (id {row['id']!r}): there is no reference answer; write one as output, or remove the row"
            )
        yield {name: question[name] for name in ("id", "instruction", "input")} | {"reference": question["output"]}


if __name__ == "__main__":
    cli.run(main, parser())
