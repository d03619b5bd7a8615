"""Put answers beside their prompts: a row for each answer, with why it ended, and what made it.

    python -m scripts.autoif.collect_responding --input prompts.jsonl --completions completions_1_of_1.jsonl \\
        --samples 8 --output outputs.jsonl

The id of a row is that of its prompt and a number, and `prompt_id` that of its prompt alone. Answers to one prompt
stand together, and so do prompts with one constraint: that is what makes their verification fast.
"""

import argparse
from collections.abc import Iterator

from scripts.autoif.samples import sample_id
from scripts.autoif.settings import Answering
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="the prompts that were asked")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add_options(parser, Answering, "samples")
    add("--output", type=OUTPUT, required=True, help="rows to write")
    add("--counts", type=OUTPUT, help="JSON file for the counts of answers")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write a row for each answer."""
    counts = Counts()
    count = write_rows(args.output, counts.watch(answered(args, counts)))
    counts.report(args.counts)
    cli.say_where(args.output, f"{count} answers")


def answered(args: argparse.Namespace, counts: Counts) -> Iterator[Row]:
    """Yield the answers to each prompt, each counted as kept."""
    completions = gather(args.completions, WRITTEN)
    for row in read_text_rows(args.input, "instruction", "input"):
        for number in range(1, args.samples + 1):
            identity = sample_id(row["id"], number)
            completion = completion_of(completions, identity, args.completions)
            counts.keep()
            yield {
                **row,
                "id": identity,
                "prompt_id": row["id"],
                "output": completion["text"],
                "finish_reason": completion["finish_reason"],
                "made_by": made_by(row, "output", completion["made_by"], str(args.input)),
            }


if __name__ == "__main__":
    cli.run(main, parser())
