"""Keep the answers that answer their query well, by their scores.

    python -m scripts.autoif.select_by_score --input evaluated.jsonl --threshold 8 --bar above \\
        --output kept.jsonl --rejected rejected.jsonl
"""

import argparse

from scripts.autoif.settings import Selection
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.scores import HIGHEST_SCORE
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.rows.measures import number_of
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.sifting import add_filter_files, sift
from scripts.lib.rows.verdicts import Verdict

UNSCORED = Reason(
    "unscored",
    "its score could not be read: the model gave the scores from 0 to 10 too little probability, or wrote none",
    "read the prompt of scoring.template as this model would, lower scoring.minimum_mass, or, where scores are "
    "parsed, raise scoring.max_tokens",
)
LOW_SCORE = Reason(
    "low_score",
    "its score is not above the bar, or does not even reach it",
    "lower selection.threshold (--threshold): the counts of the scores have their mean",
)
REASONS = (UNSCORED, LOW_SCORE)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add_options(parser, Selection, "threshold", "bar")
    return parser


def main(args: argparse.Namespace) -> None:
    """Split the rows by their scores."""

    def decide(row: Row) -> Verdict | None:
        if "score" not in row:
            raise UserError(f"{args.input}: row {row['id']!r} has no score; score the rows first")
        score = number_of(row, "score", row["score"], f"{args.input}: ")
        if score is None:
            return Verdict(UNSCORED)
        if not 0 <= score <= HIGHEST_SCORE:
            raise UserError(f"{args.input}: row {row['id']!r}: score must be from 0 to {HIGHEST_SCORE}, not {score}")
        passes = score > args.threshold if args.bar == "above" else score >= args.threshold
        return None if passes else Verdict(LOW_SCORE, {"score": score, "threshold": args.threshold, "bar": args.bar})

    sift(args, read_rows(args.input), decide)


if __name__ == "__main__":
    cli.run(main, parser())
