"""The picture of a run: rows at each stage, and what every model can do, side by side."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.report.measured import heading
from scripts.report.summaries import HeldOut, Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = "petroff6"
"""Colours that were chosen so that people who see only some of them can tell them apart."""
MARKERS = "osD^vPX"
WIDTH, HEIGHT = 5.5, 4
"""Inches of a panel beside others."""
ALONE = 6
"""Inches of width of one that stands alone."""

Results = Sequence[tuple[str, HeldOut]]


def draw(iterations: Sequence[dict[str, Any]], results: Results, measures: Mapping[str, Measure], path: Path) -> None:
    """Draw rows per stage and, where held-out tasks were measured, every model's accuracy and further measures.

    Shares are in one panel, and lengths in one for each unit; two panels stand in a row.
    """
    from matplotlib.figure import Figure

    units = list(dict.fromkeys(measure.unit for measure in measures.values()))
    panels = 1 + bool(results) + len(units)
    rows = -(-panels // 2)
    figure = Figure(figsize=(2 * WIDTH if results else ALONE, HEIGHT * rows), layout="constrained")
    axes = figure.subplots(rows, min(panels, 2), squeeze=False).flat
    _draw_rows(axes[0], iterations)
    if results:
        _draw_accuracies(axes[1], results)
    for place, unit in enumerate(units, 2):
        _draw_measures(axes[place], results, {name: each for name, each in measures.items() if each.unit == unit})
    for unused in axes[panels:]:
        unused.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _draw_rows(axes: "Axes", iterations: Sequence[dict[str, Any]]) -> None:
    for iteration in iterations:
        stages = iteration["stages"]
        titles, rows = [stage["title"] for stage in stages], [stage["rows"] for stage in stages]
        axes.plot(titles, rows, "o-", label=iteration["label"])
    axes.set(title="Rows at each stage", ylabel="rows", ylim=(0, None))
    axes.tick_params(axis="x", rotation=25)
    axes.legend()


def _draw_accuracies(axes: "Axes", results: Results) -> None:
    for measure, shift in (("strict", -0.1), ("first_line", 0.1)):
        values = [getattr(result, measure) for _, result in results]
        centres = [value.accuracy for value in values]
        errors = _errors(centres, [value.interval for value in values])
        places = [place + shift for place in range(len(results))]
        axes.errorbar(places, centres, errors, fmt="o", capsize=3, label=measure.replace("_", " "))
    axes.set(title="Held-out accuracy, 95 % intervals", ylabel="share of tasks", ylim=(0, 1))
    _name_models(axes, results)
    axes.legend()


def _draw_measures(axes: "Axes", results: Results, measures: Mapping[str, Measure]) -> None:
    """Draw a line for each measure of one unit, a little aside from the others so that no interval hides another."""
    from matplotlib import color_sequences

    (unit,) = {measure.unit for measure in measures.values()}
    looks = zip(cycle(color_sequences[COLORS]), cycle(MARKERS), strict=False)
    for number, (name, (color, marker)) in enumerate(zip(measures, looks, strict=False)):
        found = [(place, result.measures[name]) for place, (_, result) in enumerate(results) if name in result.measures]
        places = [place + 0.08 * (number - (len(measures) - 1) / 2) for place, _ in found]
        values = [measure.value for _, measure in found]
        errors = _errors(values, [measure.interval for _, measure in found])
        label = heading(measures[name])
        axes.errorbar(places, values, errors, color=color, marker=marker, linewidth=1, capsize=3, label=label)
    shares = unit == "share"
    axes.set(title="Held-out measures, 95 % intervals", ylabel="share of their tasks" if shares else unit)
    axes.set_ylim(0, 1.02 if shares else None)
    _name_models(axes, results)
    axes.legend()


def _errors(values: Sequence[float], intervals: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return how far below and above values their intervals reach."""
    ends = list(zip(values, intervals, strict=True))
    return [[value - low for value, (low, _) in ends], [high - value for value, (_, high) in ends]]


def _name_models(axes: "Axes", results: Results) -> None:
    axes.set_xticks(range(len(results)), [name.removesuffix(" format") for name, _ in results], rotation=25)
