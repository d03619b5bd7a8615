"""Score rows as an oracle would: 10 if the checker finds the output right, otherwise 1.

The upper bound of what self-assessment could do. A task that the checker does not know scores 1.

Example: python -m scripts.tiny_world.oracle --input rule_filtered.jsonl --output evaluated.jsonl
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from scripts.isheep.assessment import ScoreTally
from scripts.lib import cli
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.tiny_world.checker import grade

RIGHT, WRONG = 10.0, 1.0


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--input", type=Path, required=True, help="JSONL rows with instruction, input and output")
    result.add_argument("--output", type=Path, required=True, help="the same rows with scores")
    result.add_argument("--counts", type=Path, help="JSON file for the counts")
    return result


def main(args: argparse.Namespace) -> None:
    """Score every row and write it."""
    counts, tally = Counts(), ScoreTally()

    def scored() -> Iterator[Row]:
        for row in map(with_scores, counts.watch(read_text_rows(args.input, "instruction", "input", "output"))):
            counts.keep()
            tally.add(row["scores"])
            yield row

    count = write_rows(args.output, scored())
    counts.report(args.counts, **tally.figures())
    cli.say_where(args.output, f"{count} rows scored")


def with_scores(row: Row) -> Row:
    """Return the row with the scores of the oracle, and itself named as their maker."""
    found = grade(row["instruction"], row["input"], row["output"])
    score = RIGHT if found and found.strict else WRONG
    made_by = {**row.get("made_by", {}), "scores": {"model": "scripts.tiny_world.checker"}}
    return {**row, "scores": {"quality": score, "following": score}, "made_by": made_by}


if __name__ == "__main__":
    cli.run(main, parser())
