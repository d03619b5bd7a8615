"""What is doubtful about a training that can be done all the same: too few rows, or too few updates."""

import math
from collections.abc import Iterator

from scripts.lib.training.hyperparameters import Hyperparameters

FEWEST_ROWS = 30
"""Fewer rows are learnt by heart in an epoch or two, whatever they are about."""


def doubts(rows: int, held_back: int, validation_share: float, settings: Hyperparameters) -> Iterator[str]:
    """Yield a line for each thing that makes a training on so many rows of little use, with what to change."""
    if rows < FEWEST_ROWS:
        yield (
            f"only {_count(rows, 'row')} to train on: the model may learn them by heart and little else; ask for more "
            "new instructions, or keep more rows in the filters and the selection before"
        )
    updates = updates_of(rows, settings)
    chapter = settings.CHAPTER
    if updates <= (warmup := warmup_of(updates, settings)):
        shorter = "warmup_steps (--warmup-steps)" if settings.warmup_ratio is None else "warmup_ratio (--warmup-ratio)"
        yield (
            f"{_count(updates, 'update')} in all, but {warmup} to warm up: the learning rate never gets "
            f"to its full value; lower {chapter}.{shorter}, raise {chapter}.epochs (--epochs), or keep more rows"
        )
    if validation_share and not held_back:
        enough = math.ceil(1 / validation_share)
        yield (
            f"no validation: a share of {validation_share:g} of {_count(rows, 'row')} is none, so that the "
            f"weights of the end are taken, not the best ones; keep at least {enough} rows, or raise "
            f"{chapter}.validation_share (--validation-share)"
        )


def updates_of(rows: int, settings: Hyperparameters) -> int:
    """Return how many updates the trainer makes of so many rows; one that is not full at the end counts, too."""
    return math.ceil(max(1, round(rows * settings.epochs)) / settings.rows_per_update)


def warmup_of(updates: int, settings: Hyperparameters) -> int:
    """Return in how many of so many updates the trainer lets the learning rate rise."""
    return int(settings.warmup) if settings.warmup >= 1 else math.ceil(updates * settings.warmup)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
