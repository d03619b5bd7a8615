"""The picture of a run: rows at each stage, and what every model can do, side by side."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.report.benchmarks import Score
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
Scored = Mapping[str, Mapping[str, Measure | Score]]
"""What further measures or scores there are, by what each measured model is called."""


def draw(
    iterations: Sequence[dict[str, Any]],
    titles: Sequence[str],
    results: Results,
    scored: Mapping[str, Scored],
    path: Path,
) -> None:
    """Draw rows per stage and, where models were measured, their accuracy, and further measures and scores by title.

    `titles` are those of all stages that an iteration may have, in order.
    Shares are in one panel, and other numbers in one for each unit; two panels stand in a row.
    """
    from matplotlib.figure import Figure

    groups = [(title, unit, of_unit) for title, each in scored.items() for unit, of_unit in by_unit(each).items()]
    panels = 1 + bool(results) + len(groups)
    rows = -(-panels // 2)
    figure = Figure(figsize=(2 * WIDTH if panels > 1 else ALONE, HEIGHT * rows), layout="constrained")
    axes = figure.subplots(rows, min(panels, 2), squeeze=False).flat
    _draw_rows(axes[0], iterations, titles)
    if results:
        _draw_accuracies(axes[1], results)
    for place, (title, unit, of_unit) in enumerate(groups, 1 + bool(results)):
        _draw_scored(axes[place], title, unit, of_unit)
    for unused in axes[panels:]:
        unused.set_axis_off()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _draw_rows(axes: "Axes", iterations: Sequence[dict[str, Any]], titles: Sequence[str]) -> None:
    present = {stage["title"] for iteration in iterations for stage in iteration["stages"]}
    titles = [title for title in titles if title in present]
    for iteration in iterations:
        places = [titles.index(stage["title"]) for stage in iteration["stages"]]
        axes.plot(places, [stage["rows"] for stage in iteration["stages"]], "o-", label=iteration["label"])
    axes.set_xticks(range(len(titles)), titles, ha="right", rotation_mode="anchor")
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
    _name_models(axes, [name for name, _ in results])
    axes.legend()


def by_unit(scored: Scored) -> dict[str, Scored]:
    """Return the measures or scores of each unit that have a value, of all models."""
    units = dict.fromkeys(each.unit for own in scored.values() for each in own.values())
    return {
        unit: {
            model: {name: each for name, each in own.items() if each.unit == unit and each.value is not None}
            for model, own in scored.items()
        }
        for unit in units
    }


def _draw_scored(axes: "Axes", title: str, unit: str, scored: Scored) -> None:
    """Draw a line for each measure of one unit, a little aside from the others so that no interval hides another."""
    from matplotlib import color_sequences

    headings = {name: heading(each) for own in scored.values() for name, each in own.items()}
    looks = zip(cycle(color_sequences[COLORS]), cycle(MARKERS), strict=False)
    for number, (name, (color, marker)) in enumerate(zip(headings, looks, strict=False)):
        found = [(place, own[name]) for place, own in enumerate(scored.values()) if name in own]
        places = [place + 0.08 * (number - (len(headings) - 1) / 2) for place, _ in found]
        values = [each.value or 0.0 for _, each in found]
        errors = _errors(
            values, [each.interval or [value, value] for (_, each), value in zip(found, values, strict=True)]
        )
        axes.errorbar(places, values, errors, color=color, marker=marker, linewidth=1, capsize=3, label=headings[name])
    shares = unit == "share"
    axes.set(title=f"{title}, 95 % intervals", ylabel="share of their tasks" if shares else unit)
    axes.set_ylim(0, 1.02 if shares else None)
    _name_models(axes, list(scored))
    axes.legend()


def _errors(values: Sequence[float], intervals: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return how far below and above values their intervals reach."""
    ends = list(zip(values, intervals, strict=True))
    return [[value - low for value, (low, _) in ends], [high - value for value, (_, high) in ends]]


def _name_models(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_xticks(range(len(names)), [name.removesuffix(" format") for name in names], rotation=25)
