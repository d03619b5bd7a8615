"""How many rows came in, were kept, and fell to which rule: the figures of every step add up."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, TypeAdapter
from tqdm import tqdm

from scripts.lib.rows.files import read_json, write_json
from scripts.lib.rows.shapes import Shape, check_shape

log = logging.getLogger(__name__)

Item = TypeVar("Item")


class _Figures(Shape):
    """What the counts of every step say, and those of an assessment."""

    read: int = Field(ge=0, alias="in")
    kept: int = Field(ge=0)
    mean_scores: dict[str, float] = {}


_FIGURES: TypeAdapter[Any] = TypeAdapter(_Figures)


def read_counts(path: Path) -> dict[str, Any]:
    """Return the counts that a step has written; raises UserError if there are none in the file."""
    figures: dict[str, Any] = read_json(path)
    check_shape(_FIGURES, figures, str(path), "delete the file and make it again")
    return figures


class Counts:
    """Rows that came in, those that were kept, and those that were rejected, by rule."""

    def __init__(self) -> None:
        self.total = 0
        self.kept = 0
        self.rejected: Counter[str] = Counter()

    def watch(self, rows: Iterable[Item]) -> Iterator[Item]:
        """Yield the rows, counted as coming in, with a progress bar if it takes a while."""
        for row in tqdm(rows, unit=" rows", mininterval=0.5, delay=1, leave=False):
            self.total += 1
            yield row

    def keep(self) -> None:
        """Count one row as kept."""
        self.kept += 1

    def reject(self, rule: str) -> None:
        """Count one row as rejected by a rule."""
        self.rejected[rule] += 1

    def to_json(self) -> dict[str, Any]:
        """Return {"in": n, "kept": k, "rejected": {rule: n}}, the most frequent rule first."""
        assert self.total == self.kept + self.rejected.total(), f"rows were lost or doubled: {self}"
        return {"in": self.total, "kept": self.kept, "rejected": dict(self.rejected.most_common())}

    def report(self, path: Path | None, **more: object) -> None:
        """Log the counts as one line and, given a path, write them as JSON, with `more` beside them."""
        figures = {**self.to_json(), **more}
        log.info("%s", self)
        if path is not None:
            write_json(path, figures)

    def reasons(self) -> str:
        """Return the rules that rejected rows, the most frequent first: "cjk 12, truncated 3"."""
        return ", ".join(f"{rule} {count}" for rule, count in self.rejected.most_common())

    def __str__(self) -> str:
        share = f" ({self.kept / self.total:.1%})" if self.total else ""
        reasons = f": {self.reasons()}" if self.rejected else ""
        return f"{self.total} rows in, {self.kept} kept{share}, {self.rejected.total()} rejected{reasons}"
