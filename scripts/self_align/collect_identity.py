"""Put the assistant's name, its makers and its cutoff into questions and answers about it, and repeat them.

    python -m scripts.self_align.collect_identity --input config/seeds/identity.jsonl --name Juniper \\
        --output identity.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.assistant import add_assistant, assistant_of
from scripts.self_align.identity import IDENTITY_SLOTS, read_identity
from scripts.self_align.settings import Identity


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument(
        "--input", type=INPUT, required=True, help="rows with instruction and output, and slots in them"
    )
    add_assistant(parser, *IDENTITY_SLOTS)
    add_options(parser, Identity, "repeat")
    parser.add_argument("--output", type=OUTPUT, required=True, help="rows to write")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the rows, the whole file as often as asked for; a copy's id says which one it is."""
    assistant_of(args)  # only to check what is put into the rows
    rows = read_identity(args.input, {slot: getattr(args, slot) for slot in IDENTITY_SLOTS})
    copies = list(repeated(rows, args.repeat))
    check_ids(args, copies)
    count = write_rows(args.output, copies)
    cli.say_where(args.output, f"{count} rows about {args.name}")


def repeated(rows: list[Row], repeat: int) -> Iterator[Row]:
    """Yield the rows, and then their copies: of "a", "a-2", "a-3" and so on."""
    for number in range(1, repeat + 1):
        for row in rows:
            yield row if number == 1 else {**row, "id": f"{row['id']}-{number}"}


def check_ids(args: argparse.Namespace, rows: list[Row]) -> None:
    """Raise UserError where a row has the id of another one's copy: ids must be unique."""
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise UserError(
                f"{args.input}: the id {row['id']!r} is what a copy of another row is called (--repeat {args.repeat}, "
                "identity.repeat); rename one of them"
            )
        seen.add(row["id"])


if __name__ == "__main__":
    cli.run(main, parser())
