"""How far a run is, read from the files that it has written so far; cheap enough to ask at any moment."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from pydantic import TypeAdapter

from scripts.lib.errors import UserError
from scripts.lib.rows.counts import read_counts
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.rows.shapes import Shape, check_shape
from scripts.lib.rows.strict_json import parse_json
from scripts.lib.training.checkpoints import WHOLE

REQUESTS = "requests.jsonl"


@dataclass(frozen=True)
class Progress:
    """What is done of what is wanted, and when the last of it was (seconds since the epoch; None: not known).

    `tokens` is how many of them the model wrote for a row, on average.
    """

    done: int
    wanted: int
    latest: float | None = None
    tokens: float | None = None

    def __str__(self) -> str:
        return f"{self.done} of {self.wanted}"


class _State(Shape):
    """What the Trainer writes of a training, as far as it tells how far it is."""

    global_step: int
    max_steps: int


_STATE: TypeAdapter[Any] = TypeAdapter(_State)


def counted(file: Path) -> Progress | None:
    """Return rows kept of rows read from a step's counts, or None before they are written."""
    if not file.is_file():
        return None
    counts = read_counts(file)
    return Progress(counts["kept"], counts["in"])


def generated(step: Path) -> Progress | None:
    """Return the finished rows of a generation step, or None before its requests are there.

    They are read from the journal, and from what finished jobs have taken from it. What is older than the requests
    was made for others and does not count, nor do rows that none of the requests asks for.
    """
    requests = step / REQUESTS
    if not requests.is_file():
        return None
    wanted, done, latest = _ids(requests), dict[str, int | None](), None
    for file in (*step.glob("completions_*.jsonl"), *step.glob("journal/*.jsonl")):
        if file.stat().st_mtime >= requests.stat().st_mtime:
            rows = _journalled(file) if file.parent.name == "journal" else read_rows(file)
            found = {row["id"]: row.get("output_tokens") for row in rows}
            done |= {name: tokens for name, tokens in found.items() if name in wanted}
            latest = max(latest or 0.0, file.stat().st_mtime) if found else latest
    written = [tokens for tokens in done.values() if isinstance(tokens, int)]
    return Progress(len(done), len(wanted), latest, mean(written) if written else None)


def trained(checkpoints: Path) -> Progress | None:
    """Return the updates of a training up to its last whole checkpoint, or None before the first one."""
    marks = [mark for mark in checkpoints.glob(f"checkpoint-*/{WHOLE}") if _step(mark).isdecimal()]
    if not marks:
        return None
    last = max(marks, key=lambda mark: int(_step(mark)))
    file = last.with_name("trainer_state.json")
    state = read_json(file)
    check_shape(_STATE, state, str(file), "remove this checkpoint")
    return Progress(state["global_step"], state["max_steps"], last.stat().st_mtime)


def ago(moment: float) -> str:
    """Return how long ago a moment was."""
    return f"{lasting(max(0.0, time.time() - moment))} ago"


def lasting(seconds: float) -> str:
    """Return a time in the largest unit that fits."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _step(mark: Path) -> str:
    return mark.parent.name.rpartition("-")[2]


def _ids(rows: Path) -> set[str]:
    return {row["id"] for row in read_rows(rows)}


def _journalled(journal: Path) -> Iterator[Row]:
    """Yield the rows that a journal holds; a line that is broken, or being written, does not count."""
    with journal.open("rb") as stream:
        for line in stream:
            try:
                rows = parse_json(line, str(journal), "")["rows"] if line.endswith(b"\n") else ()
                yield from [row for row in rows if isinstance(row["id"], str)]
            except (UserError, KeyError, TypeError):
                continue
