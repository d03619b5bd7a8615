"""Put replies at length beside their tasks.

    python -m scripts.self_align.collect_verbose --input prompts.jsonl identity.jsonl \\
        --completions completions_1_of_1.jsonl --output outputs.jsonl

A row has the reply as `output`, without the white space around it, as `completion` what was written, and why it ended
as `finish_reason`. An output that a row brings along, such as of a question about the assistant, is replaced.
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.verbose_tasks import read_verbose_tasks


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, nargs="+", required=True, help="the rows that were asked, in the same order of files")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add("--output", type=OUTPUT, required=True, help="rows to write")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every task with its reply."""
    completions = gather(args.completions, WRITTEN)
    counts, files = Counts(), ", ".join(map(str, args.input))

    def replied() -> Iterator[Row]:
        for row in counts.watch(read_verbose_tasks(args.input)):
            completion = completion_of(completions, row["id"], args.completions)
            counts.keep()
            yield {
                **row,
                "output": completion["text"].strip(),
                "completion": completion["text"],
                "finish_reason": completion["finish_reason"],
                "made_by": made_by(row, "output", completion["made_by"], files),
            }

    count = write_rows(args.output, replied())
    counts.report(args.counts)
    cli.say_where(args.output, f"{count} replies")


if __name__ == "__main__":
    cli.run(main, parser())
