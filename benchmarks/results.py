"""What a benchmark finds: comparisons of two sides, facts with bars, and curves for the pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """One quantity on both sides, one value per round; the ratio of a round is how many times better ours is."""

    item: str
    what: str
    unit: str
    ours: list[float]
    reference: list[float]
    ours_mb: float
    reference_mb: float
    bar: float | None = None
    """Least median ratio wanted."""
    less_is_better: bool = False
    cpu_ratios: list[float] = field(default_factory=list)
    """The same ratios by seconds of CPU instead of the clock: they mean more where the machine had other work."""

    @property
    def ratios(self) -> list[float]:
        """How many times better ours was, round by round."""
        pairs = zip(self.ours, self.reference, strict=True)
        return [theirs / ours if self.less_is_better else ours / theirs for ours, theirs in pairs]

    @property
    def met(self) -> bool | None:
        """Whether the median ratio reaches the bar; None without a bar."""
        return None if self.bar is None else median(self.ratios) >= self.bar

    def to_json(self) -> dict[str, Any]:
        """Return everything known about the comparison."""
        ratio = {"min": min(self.ratios), "median": median(self.ratios), "max": max(self.ratios)}
        return {**vars(self), "ratio": ratio, "met": self.met}


@dataclass(frozen=True)
class Fact:
    """A measured value of ours alone, with the limits it should keep to."""

    item: str
    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def bar(self) -> str:
        """The limits as text, empty without any."""
        limits = {"at most": self.most, "at least": self.least}
        return ", ".join(f"{name} {limit:g}" for name, limit in limits.items() if limit is not None)

    @property
    def met(self) -> bool | None:
        """Whether the value keeps to its limits; None without any."""
        if self.most is None and self.least is None:
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    def to_json(self) -> dict[str, Any]:
        """Return everything known about the fact."""
        return {**vars(self), "met": self.met}


@dataclass(frozen=True)
class Curve:
    """One side's cost against the size of its work, or a loss against updates."""

    item: str
    side: str
    x: str
    y: str
    points: Sequence[tuple[float, float]]

    def to_json(self) -> dict[str, Any]:
        """Return everything known about the curve."""
        return vars(self)


@dataclass
class Report:
    """All that was found, in the order it was found."""

    comparisons: list[Comparison] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    costs: list[Curve] = field(default_factory=list)
    losses: list[Curve] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Append what another report holds."""
        for name, values in vars(other).items():
            getattr(self, name).extend(values)

    @property
    def missed(self) -> Sequence[Comparison | Fact]:
        """What stays below its bar."""
        found: list[Comparison | Fact] = [*self.comparisons, *self.facts]
        return [each for each in found if each.met is False]

    @classmethod
    def from_json(cls, values: dict[str, Any], without: Sequence[str]) -> "Report":
        """Return what a written report holds of all items but some; its notes belong to no item and are left out."""
        kinds = {"comparisons": Comparison, "facts": Fact, "costs": Curve, "losses": Curve}
        derived = ("ratio", "met")
        return cls(
            **{
                name: [
                    kind(**{key: value for key, value in found.items() if key not in derived})
                    for found in values[name]
                    if found["item"] not in without
                ]
                for name, kind in kinds.items()
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        parts = {name: [found.to_json() for found in values] for name, values in vars(self).items() if name != "notes"}
        return {**parts, "notes": self.notes}
