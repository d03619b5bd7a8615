"""Put scores beside the answers that they rate; one that could not be read stays as null, counted.

    python -m scripts.autoif.collect_scoring --input rule_filtered.jsonl --score median \\
        --completions completions_1_of_1.jsonl --output evaluated.jsonl

Published rows have what a judge wrote in `gen`, and need no completions: their score is the mean of all texts that name
one.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.autoif.published import published_judgements
from scripts.autoif.scoring import judged_texts, mean_score, score_of
from scripts.autoif.settings import Scoring
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import RATED, completion_of, gather
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, placed_rows, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT

CRITERION = "relevance"
"""What a score is about, as counts name it: whether the answer answers the query."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="the answers that were rated")
    add("--completions", type=INPUT, nargs="*", default=[], help="the ratings of all shards")
    add_options(parser, Scoring, "score", "minimum_mass")
    add("--output", type=OUTPUT, required=True, help="rows to write, each with its score")
    add("--counts", type=OUTPUT, help="JSON file for the counts, the mean score, and how many could not be read")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every row with its score."""
    counts, tally = Counts(), Tally()
    count = write_rows(args.output, scored(args, counts, tally))
    counts.report(args.counts, **tally.figures())
    cli.say_where(args.output, f"{count} scored rows, {tally.unparsable} of them without a readable score")


class Tally:
    """The mean of all scores, and how many could not be read."""

    def __init__(self) -> None:
        self.unparsable = 0
        self._read = 0
        self._sum = 0.0

    def add(self, score: float | None) -> None:
        """Add the score of one row."""
        self.unparsable += score is None
        self._read += score is not None
        self._sum += score or 0.0

    def figures(self) -> dict[str, Any]:
        """Return {"unparsable": {criterion: number}, "mean_scores": {criterion: mean}}."""
        means = {CRITERION: round(self._sum / self._read, 4)} if self._read else {}
        return {"unparsable": {CRITERION: self.unparsable}, "mean_scores": means}


def scored(args: argparse.Namespace, counts: Counts, tally: Tally) -> Iterator[Row]:
    """Yield every row with its score and with what made it."""
    completions = gather(args.completions, RATED)
    for place, row in counts.watch(placed_rows(args.input)):
        judged_texts(row, place)
        texts = published_judgements(row, place)
        more = {"score": mean_score(texts)} if texts else from_completion(args, row, completions)
        tally.add(more["score"])
        counts.keep()
        yield {**row, **more}


def from_completion(args: argparse.Namespace, row: Row, completions: Mapping[str, Row]) -> Row:
    """Return the score of one row, and its makers with that of the score."""
    if not args.completions:
        raise UserError(f"{args.input}: row {row['id']!r} has no judgements (gen) of its own, so give --completions")
    completion = completion_of(completions, row["id"], args.completions)
    place = ", ".join(map(str, args.completions))
    return {
        "score": score_of(completion, args.score, args.minimum_mass, place),
        "made_by": made_by(row, "score", completion["made_by"], str(args.input)),
    }


if __name__ == "__main__":
    cli.run(main, parser())
