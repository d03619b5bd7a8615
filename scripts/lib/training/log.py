"""What a training leaves behind besides weights: its log."""

from collections.abc import Sequence
from pathlib import Path

from scripts.lib.rows.jsonl import write_rows

LOG_FIELDS = ("step", "loss", "eval_loss", "learning_rate", "tokens_per_second")


def write_log(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Write the trainer's history, one row per update and one per evaluation."""
    rows = (
        {field: entry[field] for field in LOG_FIELDS if field in entry}
        for entry in history
        if "loss" in entry or "eval_loss" in entry
    )
    write_rows(path, rows)
