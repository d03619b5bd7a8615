"""The picture of a run: rows at each stage, and the held-out accuracy of every model, side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(summary: dict[str, Any], path: Path) -> None:
    """Draw rows per stage and, where held-out tasks were measured, the accuracy of every model."""
    from matplotlib.figure import Figure

    measured = bool(summary["held_out"])
    figure = Figure(figsize=(11 if measured else 6, 4), layout="constrained")
    axes = figure.subplots(1, 2 if measured else 1, squeeze=False)[0]
    _draw_rows(axes[0], summary["iterations"])
    if measured:
        _draw_accuracies(axes[1], summary["held_out"])
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


def _draw_accuracies(axes: "Axes", results: Sequence[dict[str, Any]]) -> None:
    names = [f"iter{found['iteration']}" if found["iteration"] else f"base, {found['format']}" for found in results]
    for measure, shift in (("strict", -0.1), ("first_line", 0.1)):
        values = [found[measure] for found in results]
        centres = [value["accuracy"] for value in values]
        errors = [
            [value["accuracy"] - value["interval"][0] for value in values],
            [value["interval"][1] - value["accuracy"] for value in values],
        ]
        places = [place + shift for place in range(len(names))]
        axes.errorbar(places, centres, errors, fmt="o", capsize=3, label=measure.replace("_", " "))
    axes.set(title="Held-out accuracy, 95 % intervals", ylabel="share of tasks", ylim=(0, 1))
    axes.set_xticks(range(len(names)), names, rotation=25)
    axes.legend()
