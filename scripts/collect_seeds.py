"""Collect seed tasks from one or more files into one checked JSONL file.

    python -m scripts.collect_seeds --input config/seeds/general.jsonl my_seeds.json --output seeds.jsonl

Each file may be JSONL or a JSON array, in the format of this project (config/seeds/general.jsonl), of
the Self-Instruct seed file (nested `instances`, of which the first is taken) or of Alpaca's data.
"""

import argparse

from scripts.lib import cli
from scripts.lib.config.options import Count, checked
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.rows.seeds import read_seeds
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add(
        "--input",
        type=INPUT,
        nargs="+",
        required=True,
        metavar="FILE",
        help="seed files, in the order to keep",
    )
    add("--at-least", type=checked(Count), default=1, help="fail with fewer seeds, such as a prompt shows as examples")
    add("--output", type=OUTPUT, required=True, help="seeds to write, as JSONL")
    return parser


def main(args: argparse.Namespace) -> None:
    """Read every seed file, and write the seeds as one."""
    count = write_rows(args.output, read_seeds(args.input, args.at_least))
    cli.say_where(args.output, f"{count} seed tasks")


if __name__ == "__main__":
    cli.run(main, parser())
