"""Put answers beside their tasks: rows with output as the model wrote it, why it ended, and what made it.

    python -m scripts.collect_answering --input prompts.jsonl --completions completions_1_of_1.jsonl \\
        --output outputs.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="the rows that were asked")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add("--output", type=OUTPUT, required=True, help="rows to write")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every row with its answer."""
    completions = gather(args.completions, WRITTEN)
    counts = Counts()

    def answered() -> Iterator[Row]:
        for row in counts.watch(read_text_rows(args.input, "instruction", "input")):
            completion = completion_of(completions, row["id"], args.completions)
            counts.keep()
            yield {
                **row,
                "output": completion["text"],
                "finish_reason": completion["finish_reason"],
                "made_by": made_by(row, "output", completion["made_by"], str(args.input)),
            }

    count = write_rows(args.output, answered())
    counts.report(args.counts)
    cli.say_where(args.output, f"{count} answers")


if __name__ == "__main__":
    cli.run(main, parser())
