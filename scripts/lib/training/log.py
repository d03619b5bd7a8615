"""What a training leaves behind besides weights: its log."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter

from scripts.lib.rows.jsonl import Row, placed_rows, write_rows
from scripts.lib.rows.shapes import Shape, check_shape

CHOSEN, REJECTED, MARGIN, ACCURACY = (f"rewards/{name}" for name in ("chosen", "rejected", "margins", "accuracies"))
"""Of preferences: beta times how much more likely an output is than before, the mean of the pairs; chosen less
rejected; and the share of the pairs in which the chosen one has more of it."""
REWARDS = (CHOSEN, REJECTED, MARGIN, ACCURACY)
LOG_FIELDS = (
    *("step", "loss", "eval_loss", *REWARDS, *(f"eval_{name}" for name in REWARDS)),
    *("learning_rate", "tokens_per_second"),
)


class _Entry(Shape):
    """One update, or one evaluation."""

    step: int = 0
    loss: float = 0.0
    eval_loss: float = 0.0
    chosen: float = Field(0.0, alias=CHOSEN)
    rejected: float = Field(0.0, alias=REJECTED)
    margin: float = Field(0.0, alias=MARGIN)
    accuracy: float = Field(0.0, alias=ACCURACY)
    eval_margin: float = Field(0.0, alias=f"eval_{MARGIN}")
    eval_accuracy: float = Field(0.0, alias=f"eval_{ACCURACY}")


_ENTRY: TypeAdapter[Any] = TypeAdapter(_Entry)


def read_log(path: Path) -> list[Row]:
    """Return the rows of a training's log; raises UserError where a loss, a reward or a step is no number."""
    rows = []
    for place, row in placed_rows(path):
        check_shape(_ENTRY, row, place, "give the training_log.jsonl of an adapter")
        rows.append(row)
    return rows


def write_log(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Write the trainer's history, one row per update and one per evaluation."""
    rows = (
        {field: entry[field] for field in LOG_FIELDS if field in entry}
        for entry in history
        if "loss" in entry or "eval_loss" in entry
    )
    write_rows(path, rows)
