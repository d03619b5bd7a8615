"""Take the replies out of what a model wrote under principles, for a grader, who knows nothing of thoughts.

    python -m scripts.self_align.read_replies --completions completions_1_of_1.jsonl --output replies.jsonl

Each completion keeps all that it says, but has the reply alone as `text`, empty where there is none, and what was
written as `completion`.
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.engines.gather import WRITTEN, gather
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.assistant import add_assistant, assistant_of
from scripts.self_align.replies import read_reply


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add_assistant(parser, "name", "alias", "introduction")
    add("--output", type=OUTPUT, required=True, help="completions to write")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the completions, sorted by id, whatever the number of shards."""
    assistant = assistant_of(args)
    completions = gather(args.completions, WRITTEN)

    def replies() -> Iterator[Row]:
        for identity in sorted(completions):
            completion = completions[identity]
            reply = read_reply(completion["text"], assistant)
            yield {**completion, "text": reply.text or "", "completion": completion["text"]}

    count = write_rows(args.output, replies())
    cli.say_where(args.output, f"{count} replies")


if __name__ == "__main__":
    cli.run(main, parser())
