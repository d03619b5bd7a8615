"""Put scores beside the rows they rate; a rating that could not be read stays as null, counted.

    python -m scripts.isheep.collect_assessment --input rule_filtered.jsonl --model results/tiny/iter0/merged \\
        --templates config/prompts/assessment/combined/quality.txt \\
        --completions completions_1_of_1.jsonl --output evaluated.jsonl
"""

import argparse
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scripts.isheep.assessment import attempts_at, first_score, rating_key, read_templates
from scripts.lib import cli
from scripts.lib.engines.gather import completion_of, gather
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=Path, required=True, help="the rows that were rated")
    add("--templates", type=Path, nargs="+", required=True, help="the templates that asked, one per criterion")
    add("--completions", type=Path, nargs="+", required=True, help="the ratings of all attempts and shards")
    add("--model", type=Path, required=True, help="manifest of the model that rated")
    add("--score", choices=["expected", "parsed"], default="expected", help="how the scores were asked for")
    add(
        "--minimum-mass",
        type=float,
        default=0.1,
        help="expected: least probability on scores to believe them",
    )
    add("--seed", type=int, default=1, help="the seed that the ratings were asked with")
    add("--output", type=Path, required=True, help="rows to write")
    add("--counts", type=Path, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every row with its scores."""
    counts, unparsable = Counts(), Counter[str]()
    count = write_rows(args.output, rated(args, counts, unparsable))
    for criterion, number in unparsable.items():
        log.info("%s: %d of %d ratings could not be read", criterion, number, count)
    counts.report(args.counts, unparsable=dict(unparsable))
    cli.say_where(args.output, f"{count} rated rows")


def rated(args: argparse.Namespace, counts: Counts, unparsable: Counter[str]) -> Iterator[Row]:
    """Yield every row with its scores and with what made them."""
    templates, completions = read_templates(args.templates), gather(args.completions)
    made_by = {
        "model": load_manifest(args.model).fingerprint,
        "template": fingerprint(templates),
        "score": args.score,
        "seed": args.seed,
    }
    for row in counts.watch(read_text_rows(args.input, "instruction", "input", "output")):
        scores: dict[str, float | None] = {}
        for criterion in templates:
            completion_of(completions, rating_key(row["id"], criterion, 1), args.completions)
            scores[criterion] = first_score(attempts_at(completions, row["id"], criterion, args.minimum_mass))
            unparsable[criterion] += scores[criterion] is None
        counts.keep()
        yield {**row, "scores": scores, "made_by": {**row.get("made_by", {}), "scores": made_by}}


if __name__ == "__main__":
    cli.run(main, parser())
