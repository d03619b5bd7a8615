"""The picture of a comparison: held-out accuracy by iteration, or losses where nothing was held out."""

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.report.comparison import MEASURES, Numbers, Row
from scripts.report.comparison_tables import label_of
from scripts.report.summaries import CHAT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = "petroff6"
"""Colours that were chosen so that people who see only some of them can tell them apart."""
MARKERS = "osD^vPX"
"""One more thing to tell arms by: with six colours, seven markers make 42 different lines."""
GREY = "0.35"
TICKS = 8
"""Labels of iterations that have room below a panel."""
SPREAD = 0.4
"""How much of the way from one iteration to the next the arms may take up that stand side by side at one."""

WIDTH, HEIGHT = 5.5, 4.1
"""Inches of a panel."""
SIGN, LETTER, LINE = 0.7, 0.08, 0.22
"""Inches of an entry of the legend: its sign and the space around it, each letter, and its height."""

Styles = dict[str, tuple[str, str]]
"""The colour and the marker of each arm."""
Panel = tuple[str, list[Row], list[Row]]
"""What is drawn in one panel: its title, the numbers of the arms, and those of their base models."""


def draw(numbers: Numbers, path: Path) -> None:
    """Draw a panel for each measure of accuracy, or for each loss, with a line and its intervals for every arm."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    held_out = bool(numbers["accuracy"])
    panels = list(_accuracies(numbers) if held_out else _losses(numbers))
    figure = Figure(figsize=(WIDTH * len(panels), HEIGHT), dpi=120, layout="constrained")
    grid = figure.subplots(1, len(panels), squeeze=False, sharey=held_out)[0]
    for axes, (title, rows, bases) in zip(grid, panels, strict=True):
        _draw_bases(axes, bases, _styles(numbers))
        _draw_arms(axes, rows, _styles(numbers))
        _name_iterations(axes, numbers["iterations"])
        axes.set(title=title, xlabel="iteration", ylabel="share of held-out tasks" if held_out else "loss (nats)")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        if held_out:
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            axes.label_outer()
    _explain(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the name of the program that drew it, the same numbers give the same file.
    figure.savefig(path, metadata={"Software": None})


def _accuracies(numbers: Numbers) -> Iterator[Panel]:
    for measure, title in MEASURES.items():
        rows, bases = ([row for row in numbers[name] if row["measure"] == measure] for name in ("accuracy", "base"))
        yield f"Held-out tasks {title}", rows, bases


def _losses(numbers: Numbers) -> Iterator[Panel]:
    for kind in dict.fromkeys(row["kind"] for row in numbers["loss"]):
        yield f"{kind.capitalize()} loss", [row for row in numbers["loss"] if row["kind"] == kind], []


def _styles(numbers: Numbers) -> Styles:
    """Return what arms look like, the same in all panels."""
    from matplotlib import color_sequences
    from matplotlib.colors import to_hex

    looks = zip(map(to_hex, cycle(color_sequences[COLORS])), cycle(MARKERS), strict=False)
    return dict(zip((row["arm"] for row in numbers["arms"]), looks, strict=False))


def _draw_bases(axes: "Axes", bases: Sequence[Row], styles: Styles) -> None:
    """Draw a level for each base result: in grey, but in an arm's colour if only that arm starts from it."""
    for name in dict.fromkeys(row["format"] for row in bases):
        rows = [row for row in bases if row["format"] == name]
        line = "--" if name == CHAT else ":"
        levels: dict[float, list[str]] = {}
        for row in rows:
            for result in row["results"]:
                levels.setdefault(result["accuracy"], []).append(row["arm"])
        for level, arms in levels.items():
            own = len(levels) > 1 and len(arms) == 1
            axes.axhline(level, color=styles[arms[0]][0] if own else GREY, linestyle=line)
        axes.plot([], color=GREY, linestyle=line, label=label_of(rows[0]))


def _draw_arms(axes: "Axes", rows: Sequence[Row], styles: Styles) -> None:
    """Draw a line for each arm, a little aside from the others so that no interval hides another."""
    apart = min(0.06, SPREAD / len(styles))
    for place, (arm, (color, marker)) in enumerate(styles.items()):
        of_arm = [row for row in rows if row["arm"] == arm]
        if of_arm:
            places = [row["iteration"] + apart * (place - (len(styles) - 1) / 2) for row in of_arm]
            means, halves = [row["mean"] for row in of_arm], [row["half"] or 0 for row in of_arm]
            axes.errorbar(places, means, halves, capsize=3, label=arm, color=color, marker=marker)


def _name_iterations(axes: "Axes", iterations: Sequence[Row]) -> None:
    shown = iterations[:: -(-len(iterations) // TICKS)]
    axes.set_xticks([row["iteration"] for row in shown], [row["label"] for row in shown])
    axes.set_xlim(iterations[0]["iteration"] - 0.5, iterations[-1]["iteration"] + 0.5)


def _explain(figure: "Figure") -> None:
    """Put one legend below all panels, where nothing is drawn."""
    handles = {
        label: handle for axes in figure.axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    columns = max(1, int(figure.get_figwidth() / (SIGN + LETTER * max(map(len, handles)))))
    figure.set_figheight(HEIGHT + LINE * -(-len(handles) // columns))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=columns, frameon=False)
