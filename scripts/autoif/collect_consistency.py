"""Keep the functions whose back-translations do not contradict their instructions, as a model has labelled them.

    python -m scripts.autoif.collect_consistency --input back_translated.jsonl \\
        --completions completions_1_of_1.jsonl --output consistent.jsonl --rejected consistent_rejected.jsonl

Completions have `probabilities` of entailment, neutral and contradiction, by the ids of functions, whatever model gave
them. A function without a back-translation is kept, unless its whole instruction falls.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.autoif.consistency import CLASSIFIED, CONTRADICTED, LABELS, SIBLING_CONTRADICTED, contradicts
from scripts.autoif.function_rows import read_translated
from scripts.autoif.settings import Consistency
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import completion_of, gather
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.makers import made_by
from scripts.lib.rows.sifting import add_filter_files, sift_judged
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add = parser.add_argument
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model said, one file per shard")
    add_options(parser, Consistency, "drop")
    return parser


def main(args: argparse.Namespace) -> None:
    """Split the functions."""
    sift_judged(args, judged(args))


def judged(args: argparse.Namespace) -> Iterator[tuple[Row, Verdict | None]]:
    """Yield every function with its labels' probabilities, and why it is rejected if it is."""
    completions = gather(args.completions, CLASSIFIED)
    for functions in read_translated(args.input):
        rows = [labelled(args, row, completions) for row in functions]
        fallen = [row["id"] for row in rows if row["consistency"] and contradicts(row["consistency"])]
        for row in rows:
            verdict = None
            if row["id"] in fallen:
                verdict = Verdict(CONTRADICTED, {"consistency": row["consistency"]})
            elif fallen and args.drop == "instruction":
                verdict = Verdict(SIBLING_CONTRADICTED, {"by": fallen[0]})
            yield row, verdict


def labelled(args: argparse.Namespace, row: Row, completions: Mapping[str, Row]) -> Row:
    """Return a function with its labels' probabilities, null if nobody was asked; UserError if they are missing."""
    if row["back_translation"] is None:
        return {**row, "consistency": None}
    completion: dict[str, Any] = completion_of(completions, row["id"], args.completions)
    return {
        **row,
        "consistency": {label: completion["probabilities"][label] for label in LABELS},
        "made_by": made_by(row, "consistency", completion["made_by"], str(args.input)),
    }


if __name__ == "__main__":
    cli.run(main, parser())
