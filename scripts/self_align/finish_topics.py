"""Close the rounds of topics: every type cut to as many as the smallest has, if so asked, and all of them shuffled.

    python -m scripts.self_align.finish_topics --input topics.jsonl --input-rejected rejected.jsonl \\
        --output topics.jsonl --rejected topics_rejected.jsonl

Of a type that has more, its first topics are kept, as published; the others stand in the rejected file.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row, read_rows, row_writer, write_rows
from scripts.lib.rows.on_disk import RowsOnDisk
from scripts.lib.rows.verdicts import reject, rule_of
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.settings import Topics
from scripts.self_align.topics import UNBALANCED, read_topics, smallest


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="topics known after all rounds")
    add("--input-rejected", type=INPUT, required=True, help="lines rejected in all rounds")
    add_options(parser, Topics, "balance")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="topics to write, in the order to ask about them")
    add("--rejected", type=OUTPUT, required=True, help="rejected rows to write, each with its rule")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the topics, the rejected rows and the counts."""
    counts, kept = Counts(), RowsOnDisk()
    with row_writer(args.rejected) as rejected:
        for row in counts.watch(chain(balanced(args), read_rows(args.input_rejected))):
            if "rejected" in row:
                counts.reject(rule_of(row, f"{args.input}, {args.input_rejected}"))
                rejected.write(row)
            else:
                counts.keep()
                kept.put(row["id"], row)
    counts.report(args.counts)
    order = sorted(kept)
    random.Random(seed_of(args.seed, "topics")).shuffle(order)
    count = write_rows(args.output, (kept[identity] for identity in order))
    cli.say_where(args.output, f"{count} topics")


def balanced(args: argparse.Namespace) -> Iterator[Row]:
    """Yield the topics; if so asked, those of a type beyond as many as the smallest has are rejected."""
    sizes = Counter(row["question_type"] for row in read_topics(args.input))
    fewest = smallest(sizes)
    seen: Counter[str] = Counter()
    for row in read_topics(args.input):
        question_type = row["question_type"]
        seen[question_type] += 1
        if args.balance and seen[question_type] > fewest:
            yield reject(row, UNBALANCED, of=sizes[question_type], fewest=fewest)
        else:
            yield row


if __name__ == "__main__":
    cli.run(main, parser())
