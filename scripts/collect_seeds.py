"""Collect seed tasks from files and data sets of the hub into one checked JSONL file.

    python -m scripts.collect_seeds --input config/seeds/general.jsonl my_seeds.csv --output seeds.jsonl
    python -m scripts.collect_seeds --output seeds.jsonl --rejected seeds_rejected.jsonl \\
        --input "hf://datasets/ORG/NAME@REVISION?split=train[:100]"

A file may be JSONL, a JSON array, CSV, TSV or Parquet. Its rows have the fields of this project
(config/seeds/general.jsonl) or Alpaca, of Dolly (context, response), prompt and completion, question and
answer, the nested `instances` of Self-Instruct, or a chat (`messages`, ShareGPT's `conversations`), of
which the first task is taken. Of equal tasks the first is kept; the others stand in the rejected file.
"""

import argparse
import logging

from scripts.lib import cli
from scripts.lib.config.options import Count, checked
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.rows.seeds import read_seeds
from scripts.lib.run.claims import INPUT_OR_ADDRESS, OUTPUT
from scripts.lib.run.telling import counted

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add(
        "--input",
        type=INPUT_OR_ADDRESS,
        nargs="+",
        required=True,
        metavar="FILE",
        help="seed files, or hf://datasets/ORG/NAME@REVISION?split=SPLIT&config=CONFIG, in the order to keep",
    )
    add("--at-least", type=checked(Count), default=1, help="fail with fewer seeds, such as a prompt shows as examples")
    add("--output", type=OUTPUT, required=True, help="seeds to write, as JSONL")
    add("--rejected", type=OUTPUT, help="seeds that repeat an earlier one, as JSONL, each with its rule")
    return parser


def main(args: argparse.Namespace) -> None:
    """Read all seeds, write those that repeat earlier ones aside, and the others as one file."""
    seeds = read_seeds(args.input, args.at_least)
    if seeds.turns_left_out:
        turns = counted(seeds.turns_left_out, "turn")
        log.info("%s of chats left out: a seed is the first task and its answer", turns)
    if seeds.duplicates:
        duplicates = counted(len(seeds.duplicates), "duplicate")
        log.info("%s of earlier seeds left out%s", duplicates, f" -> {args.rejected}" if args.rejected else "")
    if args.rejected:
        write_rows(args.rejected, seeds.duplicates)
    count = write_rows(args.output, seeds.kept)
    cli.say_where(args.output, f"{count} seed tasks")


if __name__ == "__main__":
    cli.run(main, parser())
