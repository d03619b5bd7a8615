"""Put replies beside their tasks: rows with output, the reply alone, and the thought that came before it.

    python -m scripts.self_align.collect_replying --input prompts.jsonl --completions completions_1_of_1.jsonl \\
        --output outputs.jsonl

A row has `thought`, `rules` (the numbers of the principles that it names), `completion` (the text as it was written),
and `finish_reason`: "stop" where the reply was finished. A text without a reply has an empty output; no row is left out
here.
"""

import argparse
from collections import Counter
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.assistant import add_assistant, assistant_of
from scripts.self_align.replies import read_reply


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="the rows that were asked")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add_assistant(parser, "name", "alias", "introduction")
    add("--output", type=OUTPUT, required=True, help="rows to write")
    add("--counts", type=OUTPUT, help="JSON file for the counts, and for how many texts lack which part")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every row with its reply."""
    assistant = assistant_of(args)
    completions = gather(args.completions, WRITTEN)
    counts, missing = Counts(), Counter[str]()

    def replied() -> Iterator[Row]:
        for row in counts.watch(read_text_rows(args.input, "instruction", "input")):
            completion = completion_of(completions, row["id"], args.completions)
            reply = read_reply(completion["text"], assistant)
            parts = {"introduction": reply.introduced, "rules": reply.rules, "reply": reply.text is not None}
            missing.update(part for part, found in parts.items() if not found)
            counts.keep()
            yield {
                **row,
                "output": reply.text or "",
                "thought": reply.thought,
                "rules": list(reply.rules),
                "completion": completion["text"],
                "finish_reason": completion["finish_reason"],
                "made_by": made_by(row, "output", completion["made_by"], str(args.input)),
            }

    count = write_rows(args.output, replied())
    counts.report(args.counts, missing=dict(sorted(missing.items())))
    cli.say_where(args.output, f"{count} replies")


if __name__ == "__main__":
    cli.run(main, parser())
