"""Score rows as an oracle would: 10 if the checker finds the output right, otherwise 1.

The upper bound of what self-assessment could do. A task that the checker does not know scores 1.

Example: python -m scripts.tiny_world.oracle --input rule_filtered.jsonl --output evaluated.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.isheep.assessment import ScoreTally
from scripts.lib import cli
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.tiny_world.checker import grade

RIGHT, WRONG = 10.0, 1.0


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--input", type=INPUT, required=True, help="JSONL rows with instruction, input and output")
    result.add_argument("--output", type=OUTPUT, required=True, help="the same rows with scores")
    result.add_argument("--counts", type=OUTPUT, help="JSON file for the counts")
    return result


def main(args: argparse.Namespace) -> None:
    """Score every row and write it."""
    counts, tally = Counts(), ScoreTally()

    def scored() -> Iterator[Row]:
        for row in counts.watch(read_text_rows(args.input, "instruction", "input", "output")):
            rated = with_scores(row, str(args.input))
            counts.keep()
            tally.add(rated["scores"])
            yield rated

    count = write_rows(args.output, scored())
    counts.report(args.counts, **tally.figures())
    cli.say_where(args.output, f"{count} rows scored")


def with_scores(row: Row, place: str) -> Row:
    """Return the row with the scores of the oracle, and itself named as their maker; `place` names it in errors."""
    found = grade(row["instruction"], row["input"], row["output"])
    score = RIGHT if found and found.strict else WRONG
    makers = made_by(row, "scores", {"model": "scripts.tiny_world.checker"}, place)
    return {**row, "scores": {"quality": score, "following": score}, "made_by": makers}


if __name__ == "__main__":
    cli.run(main, parser())
