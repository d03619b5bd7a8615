"""Held-out tasks, by which models are measured, must never be trained on: neither as they are, nor in other spaces."""

from collections.abc import Iterable
from pathlib import Path

from scripts.lib.rows.jsonl import read_text_rows
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.tasks import same_task

HELD_OUT = Reason(
    "held_out",
    "it equals a held-out task, which must never be trained on",
    "leave out seeds that are close to held-out tasks: the model is led to them",
)


def read_held_out(files: Iterable[Path]) -> set[str]:
    """Return what `same_task` gives for each held-out task."""
    return {same_task(row) for file in files for row in read_text_rows(file, "instruction", "input")}
