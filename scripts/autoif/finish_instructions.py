"""Close the rounds of instructions: the seeds, and behind them what was written, up to as many as are wanted.

    python -m scripts.autoif.finish_instructions --seeds config/seeds/constraints.jsonl --input kept.jsonl \\
        --input-rejected rejected.jsonl --output instructions.jsonl --rejected instructions_rejected.jsonl

Rows say in `origin` what they are: seed or written.
"""

import argparse

from scripts.autoif.instructions import BEYOND_MOST, read_instructions
from scripts.autoif.settings import Instructions
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import check_texts, placed_rows, read_rows, row_writer
from scripts.lib.rows.verdicts import reject, rule_of
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--seeds", type=INPUT, required=True, help="instructions written by hand: rows with an instruction each")
    add("--input", type=INPUT, required=True, help="instructions kept in all rounds")
    add("--input-rejected", type=INPUT, required=True, help="lines rejected in all rounds")
    add_options(parser, Instructions, "most")
    add("--output", type=OUTPUT, required=True, help="instructions to write, seeds first")
    add("--rejected", type=OUTPUT, required=True, help="rejected rows to write, each with its rule")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the instructions, the rejected rows and the counts."""
    counts, seeds, written = Counts(), set[str](), 0
    with row_writer(args.output) as kept, row_writer(args.rejected) as rejected:
        for row in counts.watch(read_instructions(args.seeds)):
            seeds.add(row["id"])
            kept.write({**row, "instruction": row["instruction"].strip(), "origin": "seed"})
            counts.keep()
        for place, row in counts.watch(placed_rows(args.input)):
            check_texts(row, place, "instruction")
            if row["id"] in seeds:
                raise UserError(f"{args.seeds}: the id {row['id']!r} is also in {args.input}; give the seed another")
            if args.most is None or written < args.most:
                kept.write({**row, "origin": "written"})
                written += 1
                counts.keep()
            else:
                rejected.write(reject(row, BEYOND_MOST, most=args.most))
                counts.reject(BEYOND_MOST.name)
        for row in counts.watch(read_rows(args.input_rejected)):
            counts.reject(rule_of(row, str(args.input_rejected)))
            rejected.write(row)
    counts.report(args.counts, seeds=len(seeds), written=written)
    cli.say_where(args.output, f"{len(seeds)} seeds and {written} written instructions")


if __name__ == "__main__":
    cli.run(main, parser())
