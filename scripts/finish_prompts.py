"""Close an iteration's synthesis: the first rows up to the target, or a clear failure if there are too few.

    python -m scripts.finish_prompts --input kept.jsonl --input-rejected rejected.jsonl --target 100 \\
        --output prompts.jsonl --rejected prompts_rejected.jsonl

Rows beyond the target stand in the rejected file, as `beyond_target`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from scripts.lib import cli
from scripts.lib.counts import Counts
from scripts.lib.errors import UserError
from scripts.lib.records import Row, read_rows, reject, row_writer


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=Path, required=True, help="rows kept in all rounds")
    add("--input-rejected", type=Path, required=True, help="rows rejected in all rounds")
    add("--target", type=int, required=True, help="rows wanted")
    add("--minimum-share", type=float, default=0.5, help="fail below this share of the target")
    add("--output", type=Path, required=True, help="rows to write")
    add("--rejected", type=Path, required=True, help="rejected rows to write, each with its rule")
    add("--counts", type=Path, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write both files, then the counts; too few rows are an error that says why they fell."""
    counts = Counts()
    kept = 0
    with row_writer(args.rejected) as rejected:
        for row in read_rows(args.input_rejected):
            counts.reject(row["rejected"]["rule"])
            rejected.write(row)
        for row in read_rows(args.input):
            kept += 1
            if kept > args.target:
                counts.reject("beyond_target")
                rejected.write(reject(row, "beyond_target", target=args.target))
            else:
                counts.keep()
    counts.finish("synthesis", args.counts)
    check_enough(kept, args, counts)
    with row_writer(args.output) as writer:
        for row in first_rows(args.input, args.target):
            writer.write(row)
    cli.say_where(args.output, f"{min(kept, args.target)} of {args.target} new instructions")


def check_enough(kept: int, args: argparse.Namespace, counts: Counts) -> None:
    """Raise UserError if the rows are fewer than the least share of the target."""
    if kept == 0 or kept < args.minimum_share * args.target:
        raise UserError(
            f"{args.input}: only {kept} of {args.target} new instructions could be made "
            f"(rejected: {counts.reasons() or 'none'}; each stands in {args.rejected}); "
            "raise synthesis.rounds, lower synthesis.target or synthesis.minimum_share, or give more varied seeds"
        )


def first_rows(path: Path, count: int) -> Iterator[Row]:
    """Yield the first `count` rows of a file."""
    for number, row in enumerate(read_rows(path)):
        if number == count:
            return
        yield row


if __name__ == "__main__":
    cli.run(main, parser())
