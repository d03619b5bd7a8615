"""Put scores beside the rows they rate; a rating that could not be read stays as null, counted.

    python -m scripts.isheep.collect_assessment --input rule_filtered.jsonl \\
        --templates config/prompts/assessment/combined/quality.txt \\
        --completions completions_1_of_1.jsonl --output evaluated.jsonl
"""

import argparse
import logging
from collections.abc import Iterator

from scripts.isheep.assessment import Reading, ScoreTally, attempts_at, first_score, rating_key, read_templates
from scripts.isheep.settings import Assessment
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import RATED, completion_of, gather
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.lib.rows.makers import made_by
from scripts.lib.run.claims import INPUT, OUTPUT

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="the rows that were rated")
    add("--templates", type=INPUT, nargs="+", required=True, help="the templates that asked, one per criterion")
    add("--completions", type=INPUT, nargs="+", required=True, help="the ratings of all attempts and shards")
    add_options(parser, Assessment, "score", "minimum_mass")
    add("--output", type=OUTPUT, required=True, help="rows to write")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every row with its scores."""
    counts, tally = Counts(), ScoreTally()
    count = write_rows(args.output, rated(args, counts, tally))
    for criterion, number in tally.unparsable.items():
        log.info("%s: %d of %d ratings could not be read", criterion, number, count)
    counts.report(args.counts, **tally.figures())
    cli.say_where(args.output, f"{count} rated rows")


def rated(args: argparse.Namespace, counts: Counts, tally: ScoreTally) -> Iterator[Row]:
    """Yield every row with its scores and with what made them."""
    templates, completions = read_templates(args.templates), gather(args.completions, RATED)
    reading = Reading(args.score, args.minimum_mass)
    for row in counts.watch(read_text_rows(args.input, "instruction", "input", "output")):
        first = [
            completion_of(completions, rating_key(row["id"], criterion, 1), args.completions)["made_by"]
            for criterion in templates
        ]
        scores = {
            criterion: first_score(attempts_at(completions, row["id"], criterion, reading)) for criterion in templates
        }
        tally.add(scores)
        counts.keep()
        # Both criteria are asked of one model in one way; only the seeds of their texts differ.
        maker = {name: value for name, value in first[0].items() if name != "seed"}
        yield {**row, "scores": scores, "made_by": made_by(row, "scores", maker, str(args.input))}


if __name__ == "__main__":
    cli.run(main, parser())
