"""From the runs of two sides to what a report says about them."""

from collections.abc import Callable

from benchmarks.results import Comparison, Curve, Report
from benchmarks.sides import Run, Side


def rates(
    item: str, what: str, counted: str, sides: tuple[Side, Side], *, bar: float | None, size: str, clock: str = "wall"
) -> Report:
    """Return how many of what was `counted` both sides did in a second, and their cost against the size of the work.

    `clock` is "wall" or "cpu". With one size alone there is no curve.
    """
    unit = "CPU second" if clock == "cpu" else "second"
    comparison = values(
        item, f"{what} per {unit}", "/s", lambda run: run.rate(counted, clock), sides, bar=bar, less_is_better=False
    )
    cpu = [[run.rate(counted, "cpu") for run in side.largest] for side in sides]
    comparison.cpu_ratios.extend(mine / theirs for mine, theirs in zip(*cpu, strict=True))
    return Report([comparison], costs=costs(item, sides, size, clock))


def values(
    item: str,
    what: str,
    unit: str,
    value: Callable[[Run], float],
    sides: tuple[Side, Side],
    *,
    bar: float | None,
    less_is_better: bool,
) -> Comparison:
    """Return one value of each run at the largest size, side by side."""
    ours, reference = ([value(run) for run in side.largest] for side in sides)
    return Comparison(item, what, unit, ours, reference, sides[0].mb, sides[1].mb, bar, less_is_better)


def costs(item: str, sides: tuple[Side, Side], size: str, clock: str = "wall") -> list[Curve]:
    """Return each side's seconds against the size of the work, which `size` names."""
    label = "CPU seconds" if clock == "cpu" else "seconds"
    return [
        Curve(item, name, size, label, side.costs(clock))
        for name, side in zip(("ours", "reference"), sides, strict=True)
        if len(side.runs) > 1
    ]
