"""Keep the rows that score above a threshold, or that one of the paper's alternatives chooses.

    python -m scripts.isheep.score_filter --input evaluated.jsonl --output kept.jsonl --rejected rejected.jsonl

Works on anyone's rows. By scores, a row needs "scores": {"quality": 9, "following": 8.5}, or
"quality_score" and "following_score" as in the published data; null means that it could not be rated.
By perplexity, it needs "perplexity": {"output": 7.5, "pair": 9.1}, null where there is none; by density, "cluster": 12.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from scripts.isheep.assessment import CRITERIA
from scripts.isheep.settings import Assessment, Selection
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.errors import UserError
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.rows.measures import cluster_of, number_of, perplexity_of
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.sifting import add_filter_files, sift
from scripts.lib.rows.verdicts import Verdict

Decide = Callable[[Row], Verdict | None]

UNSCORED = Reason(
    "unscored",
    "a rating could not be read: the model gave the scores from 1 to 10 too little probability, or wrote none",
    "read the prompts of assessment.family as this model would, lower assessment.minimum_mass, or, where scores are "
    "parsed, raise assessment.retries",
)
LOW = {
    criterion: Reason(
        f"low_{criterion}",
        f"its score for {criterion} is not above the threshold",
        "lower selection.threshold (--threshold): the counts of the assessment have the mean scores",
    )
    for criterion in CRITERIA
}
NO_PERPLEXITY = Reason(
    "no_perplexity",
    "there is no perplexity of its output or whole text: with fewer than two tokens, such as an empty output or "
    "one of a single token has, no token can be predicted from another",
    "as published, or, where such short answers are right, select by scores or density",
)
HIGH_PERPLEXITY = Reason(
    "high_perplexity",
    "its output, or the whole row, surprises the model more than the limit allows",
    "raise selection.max_perplexity (--max-perplexity)",
)
CLUSTER_TAKEN = Reason(
    "cluster_taken",
    "another row, which `by` names, stands for its cluster",
    "raise selection.clusters, of which each gives one row",
)
REASONS = (UNSCORED, *LOW.values(), NO_PERPLEXITY, HIGH_PERPLEXITY, CLUSTER_TAKEN)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add_options(parser, Selection, "by", "threshold", "max_perplexity")
    add_options(parser, Assessment, "criteria")
    add_options(parser, Run, "seed")
    return parser


def main(args: argparse.Namespace) -> None:
    """Split the rows as --by says."""
    sift(args, read_rows(args.input), decision(args))


def decision(args: argparse.Namespace) -> Decide:
    """Return what tells whether a row is rejected; by density, it has read all rows already."""
    if args.by == "scores":
        return by_scores(args.input, args.criteria, args.threshold)
    if args.by == "perplexity":
        return by_perplexity(args.input, args.max_perplexity)
    if args.by == "density":
        return by_cluster(args.input, lambda row: seed_of(args.seed, row["id"]))
    return by_cluster(args.input, lambda row: perplexity_of(row, "pair", f"{args.input}: "))


def by_scores(path: Path, criteria: str, threshold: float) -> Decide:
    """Reject a row unless each score is above the threshold; at 0 or below nothing is looked at, as in the paper."""
    chosen = CRITERIA if criteria == "both" else (criteria,)

    def decide(row: Row) -> Verdict | None:
        for criterion in chosen:
            score = score_in(path, row, criterion)
            if score is None:
                return Verdict(UNSCORED, {"criterion": criterion})
            if not score > threshold:
                detail = {"criterion": criterion, "score": score, "threshold": threshold}
                return Verdict(LOW[criterion], detail)
        return None

    return decide if threshold > 0 else lambda row: None


def by_perplexity(path: Path, highest: float) -> Decide:
    """Reject a row unless output and whole row are below the limit (in the published code, 50 itself vanished)."""

    def decide(row: Row) -> Verdict | None:
        for text in ("output", "pair"):
            value = perplexity_of(row, text, f"{path}: ")
            if value is None:
                return Verdict(NO_PERPLEXITY, {"text": text})
            if not value < highest:
                return Verdict(HIGH_PERPLEXITY, {"text": text, "perplexity": value, "limit": highest})
        return None

    return decide


def by_cluster(path: Path, rank: Callable[[Row], float | None]) -> Decide:
    """Reject all rows of a cluster but the one of lowest rank, the earliest of equals; None is no rank."""
    best: dict[int, tuple[float, str]] = {}
    for row in tqdm(read_rows(path), desc="clusters", unit=" rows", mininterval=0.5, delay=1, leave=False):
        cluster, value = cluster_of(row, f"{path}: "), rank(row)
        if value is not None and (cluster not in best or value < best[cluster][0]):
            best[cluster] = value, row["id"]

    def decide(row: Row) -> Verdict | None:
        if rank(row) is None:
            return Verdict(NO_PERPLEXITY, {"text": "pair"})
        cluster = cluster_of(row, f"{path}: ")
        _, chosen = best[cluster]
        return None if chosen == row["id"] else Verdict(CLUSTER_TAKEN, {"cluster": cluster, "by": chosen})

    return decide


def score_in(path: Path, row: Row, criterion: str) -> float | None:
    """Return the row's score, or None if it could not be rated; raises UserError if it was never rated."""
    scores = row.get("scores")
    flat = f"{criterion}_score"
    if isinstance(scores, dict) and criterion in scores:
        return number_of(row, f"scores.{criterion}", scores[criterion], f"{path}: ")
    if flat in row:
        return number_of(row, flat, row[flat], f"{path}: ")
    raise UserError(
        f"{path}: row {row['id']!r} has neither scores.{criterion} nor {flat}; "
        "rate the rows first, or choose other --criteria or --threshold 0"
    )


if __name__ == "__main__":
    cli.run(main, parser())
