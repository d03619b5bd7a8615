"""What a training leaves behind besides weights: its log."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from scripts.lib.rows.jsonl import Row, placed_rows, write_rows
from scripts.lib.rows.shapes import Shape, check_shape

LOG_FIELDS = ("step", "loss", "eval_loss", "learning_rate", "tokens_per_second")


class _Entry(Shape):
    """One update, or one evaluation."""

    step: int = 0
    loss: float = 0.0
    eval_loss: float = 0.0


_ENTRY: TypeAdapter[Any] = TypeAdapter(_Entry)


def read_log(path: Path) -> list[Row]:
    """Return the rows of a training's log; raises UserError where a loss or a step is no number."""
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
