"""What every figure leaves behind: its pictures, its numbers as CSV, and a table to read with its caption."""

import argparse
import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from scripts.lib import cli
from scripts.lib.rows.files import atomic_open
from scripts.lib.run.claims import INPUT, OUTPUT, PICTURE
from scripts.report.figures.style import explain, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTHING = "-"


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add the options for what a figure leaves behind."""
    add = parser.add_argument
    add("--pictures", type=PICTURE, nargs="+", required=True, help="the picture: files ending in .svg, .pdf or .png")
    add("--output", type=OUTPUT, required=True, help="CSV with every number of the picture")
    add("--table", type=OUTPUT, required=True, help="Markdown with the caption and a table to read")


def add_reported(parser: argparse.ArgumentParser) -> None:
    """Add the option for numbers that others report of the same models."""
    about = "CSV of numbers reported elsewhere: arm, iteration, and a column for each measure as the table calls it"
    parser.add_argument("--reported", type=INPUT, help=about)


def write(
    args: argparse.Namespace, figure: "Figure", numbers: Sequence[Mapping[str, Any]], caption: str, tables: str
) -> None:
    """Write a figure with its caption, its numbers and its tables, and say where."""
    explain(figure, caption)
    save(figure, args.pictures)
    with atomic_open(args.output) as stream:
        lines = csv.DictWriter(stream, list(numbers[0]), lineterminator="\n")
        lines.writeheader()
        lines.writerows(numbers)
    with atomic_open(args.table) as stream:
        stream.write(f"{caption}\n\n{tables}\n")
    cli.say_where(args.pictures[-1], f"figure of {len(numbers)} numbers")


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown that can be read as it stands."""
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in (header, *lines)]
    return tabulate(escaped[1:], escaped[0], tablefmt="github", disable_numparse=True)
