"""Write the requests that measure how surprised a model is by rows: for the choice of examples and for selection.

python -m scripts.plan_perplexity --input rows.jsonl --texts output pair --output requests.jsonl
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from scripts.lib import cli
from scripts.lib.engines.requests import Request
from scripts.lib.models.plain_text import plain_text
from scripts.lib.rows.jsonl import read_text_rows, write_rows
from scripts.lib.rows.measures import TEXTS, perplexity_key, text_of
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows with instruction, input and output")
    add(
        "--texts",
        nargs="+",
        choices=TEXTS,
        required=True,
        help="task: instruction, newline, input; output: the answer alone; pair: all three, nothing between them",
    )
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write a request per row and text."""
    count = write_rows(args.output, (request.to_row() for request in requests(args.input, args.texts)))
    cli.say_where(args.output, f"{count} requests for a perplexity")


def requests(rows: Path, texts: list[str]) -> Iterator[Request]:
    """Yield the requests, row by row."""
    fields = ["instruction", "input"] if texts == ["task"] else ["instruction", "input", "output"]
    for row in read_text_rows(rows, *fields):
        for text in texts:
            measured = plain_text(text_of(row, text))
            yield Request(perplexity_key(row["id"], text), "perplexity", measured.text, plain=measured.plain)


if __name__ == "__main__":
    cli.run(main, parser())
