"""Read every file of every model and adapter again, and compare it with the hash in its manifest.

    python -m scripts.verify_models
    python -m scripts.verify_models --results results --model tiny

A run itself only looks at sizes and times: what a disk or a copy has changed without a trace is found here.
"""

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from scripts.lib import cli
from scripts.lib.config.beside import ROOM
from scripts.lib.errors import UserError
from scripts.lib.run.claims import INPUT_FOLDER
from scripts.lib.run.damage import damaged, manifests


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--results", type=INPUT_FOLDER, default=Path("results"), help="folder of the results (default %(default)s)")
    add("--model", nargs="+", help="names of the models to look at (default: all that are there)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print a line for each manifest; raise UserError if anything is damaged."""
    models = args.model or sorted(folder.name for folder in args.results.glob("*") if folder.is_dir())
    found = {file: damaged(file, thorough=True) for file in manifests(args.results, models)}
    if not found:
        raise UserError(f"{args.results}: no model or adapter of {', '.join(models) or 'any model'} to verify here")
    print(tabulate([[file.parent, problem or "whole"] for file, problem in found.items()], tablefmt="plain"))
    if broken := [file for file, problem in found.items() if problem]:
        raise UserError("\n".join([f"{len(broken)} of {len(found)} are damaged", *advice(broken)]))
    cli.say_where(args.results, f"all {len(found)} models and adapters are whole")


def advice(broken: list[Path]) -> Iterator[str]:
    """Yield what to do about damaged models: those that nobody raises are not made here, and would be taken as is."""
    bases = [file for file in broken if file.parts[-3:-1] == ("iter0", "merged") or file.parts[-4] == ROOM]
    for file in bases:
        yield f"{file.parent}: fetch or copy this model again, until this command finds it whole"
    if made := [str(file) for file in broken if file not in bases]:
        yield f"to have the others made again: rm {shlex.join(made)}"


if __name__ == "__main__":
    cli.run(main, parser())
