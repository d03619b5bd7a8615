"""Reject rows whose instruction is too close to a seed's or to that of a row kept before it.

    python -m scripts.novelty_filter --input rows.jsonl --output kept.jsonl --rejected rejected.jsonl

Too close is a ROUGE-L F-measure above the threshold, exactly as the package rouge_score computes it
(instructions only, rows in file order); a rejected row names the closest earlier row and the score.
Works on anyone's rows that have an instruction.
"""

import argparse
import logging

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.rows.jsonl import Row, read_text_rows
from scripts.lib.rows.novelty import NoveltyFilter
from scripts.lib.rows.sifting import add_filter_files, sift
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT
from scripts.lib.self_instruct.settings import Novelty

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add = parser.add_argument
    add("--seeds", type=INPUT, help="rows whose instructions are known beforehand: JSONL or a JSON array")
    add_options(parser, Novelty, "threshold")
    return parser


def main(args: argparse.Namespace) -> None:
    """Split the rows by novelty."""
    novelty = NoveltyFilter(args.threshold)
    for seed in read_text_rows(args.seeds, "instruction") if args.seeds else ():
        novelty.add_known(f"{args.seeds.name}:{seed['id']}", seed["instruction"])

    def too_similar(row: Row) -> Verdict | None:
        near = novelty.admit(row["id"], row["instruction"])
        return near.verdict() if near else None

    sift(
        args,
        read_text_rows(args.input, "instruction"),
        too_similar,
        more=lambda: {"unjudged": novelty.unjudged},
    )
    if novelty.unjudged:
        log.info("%d rows kept have no Latin letter or digit: their novelty cannot be judged", novelty.unjudged)


if __name__ == "__main__":
    cli.run(main, parser())
