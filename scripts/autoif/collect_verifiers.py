"""Read functions and test cases out of what a model wrote: one row for each answer that is as strict JSON should be.

    python -m scripts.autoif.collect_verifiers --input instructions.jsonl --samples 8 \\
        --completions completions_1_of_1.jsonl --output verifiers.jsonl --rejected verifiers_rejected.jsonl

Without --completions, it reads the authors' published rows: an instruction, and its answers in `gpt-answer`.
An answer that cannot be read stands in the rejected file with the reason. Nothing is run or compiled here.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from scripts.autoif.instructions import read_instructions
from scripts.autoif.settings import Verifiers
from scripts.autoif.verifiers import function_id, parse_verifier
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.makers import made_by
from scripts.lib.rows.sifting import add_filter_files, sift_judged
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT

PUBLISHED = "gpt-answer"
"""What the authors' rows call the answers to an instruction."""

Answers = Callable[[Row], Iterator[tuple[int, Row]]]
"""Gives the answers about an instruction, numbered from 1, in the form of completions."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add = parser.add_argument
    add("--completions", type=INPUT, nargs="+", help="what the model wrote, one file per shard; not for published rows")
    add_options(parser, Verifiers, "samples")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write functions, and answers that have none."""
    sift_judged(args, functions(args), sources=args.completions or [args.input])


def functions(args: argparse.Namespace) -> Iterator[tuple[Row, Verdict | None]]:
    """Yield a row for each answer: with its function and cases, or with the answer and why these cannot be read."""
    answers = asked(args) if args.completions else published(args)
    for row in read_instructions(args.input):
        for number, answer in answers(row):
            made = made_by(row, "function", answer["made_by"], str(args.input)) if "made_by" in answer else None
            about = {
                "id": function_id(row["id"], number),
                "instruction_id": row["id"],
                "instruction": row["instruction"],
            }
            makers: dict[str, Any] = {"made_by": made} if made else {}
            found = parse_verifier(answer["text"], answer["finish_reason"])
            if isinstance(found, Verdict):
                yield {**about, "answer": answer["text"], **makers}, found
            else:
                yield {**about, **found, **makers}, None


def asked(args: argparse.Namespace) -> Answers:
    """Return what finds an instruction's answers among completions; it raises UserError if one is missing."""
    completions = gather(args.completions, WRITTEN)

    def answers(row: Row) -> Iterator[tuple[int, Row]]:
        for number in range(1, args.samples + 1):
            yield number, completion_of(completions, function_id(row["id"], number), args.completions)

    return answers


def published(args: argparse.Namespace) -> Answers:
    """Return what finds an instruction's answers in its row; it raises UserError if they are not there."""

    def answers(row: Row) -> Iterator[tuple[int, Row]]:
        texts = row.get(PUBLISHED)
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise UserError(
                f"{args.input}: row {row['id']!r} has no list of texts {PUBLISHED!r}; give what a model wrote with "
                "--completions, or rows as the authors of AutoIF published them"
            )
        for number, text in enumerate(texts, start=1):
            yield number, {"text": text, "finish_reason": "stop"}

    return answers


if __name__ == "__main__":
    cli.run(main, parser())
