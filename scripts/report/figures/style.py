"""What all figures look like, and how they are kept: colours, panels, captions; equal numbers give equal bytes."""

import logging
import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito's palette, which colour-blind readers tell apart, without black and its yellow, too light on white."""
MARKERS = "osD^vPX"
"""One more thing to tell lines by: with six colours, seven markers make 42 different ones."""
GREY = "0.4"
"""What is not of the run itself: base models, references."""

MOST_COLUMNS = 3
PANEL_WIDTH, PANEL_HEIGHT = 3.6, 2.9
"""Inches of a panel: two fit on a page of a paper, three on a screen."""
LEAST_WIDTH = 5.0
"""Inches of a figure: what a caption and a legend need."""
TITLE = 34
"""Letters of a panel's title in a line."""
DPI = 200
LETTER, LINE = 0.066, 0.17
"""Inches of a letter of the caption or legend, and of a line."""
ASIDE, MOST_ASIDE = 0.07, 0.35
"""Inches that lines stand aside from each other, and all of them together at most."""
SIGN = 0.6
"""Inches of a legend's sign with the space around it."""

UNDATED: dict[str, dict[str, None]] = {
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
}
"""What says nothing of when and with which program a picture was drawn."""


def looks(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for each name, in its order."""
    return dict(zip(dict.fromkeys(names), zip(cycle(COLORS), cycle(MARKERS), strict=False), strict=False))


def panels(count: int, columns: int | None = None, height: float = PANEL_HEIGHT, **options: Any) -> "Figure":
    """Return a figure with so many panels, at most `columns` in a row (default: three), and no empty ones."""
    from matplotlib.figure import Figure

    columns = min(count, columns or MOST_COLUMNS)
    rows = math.ceil(count / columns)
    size = (max(LEAST_WIDTH, PANEL_WIDTH * columns), height * rows)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **options).flat
    for place, axes in enumerate(grid):
        if place >= count:
            axes.remove()
        else:
            tidy(axes)
    return figure


def tidy(axes: "Axes") -> None:
    """Take from a panel what says nothing, and give it a grid to read values by."""
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def title(text: str) -> str:
    """Return the title of a panel, in as many lines as it needs to stand above it alone."""
    return textwrap.fill(text, TITLE)


def in_percent(axis: Any) -> None:
    """Write the labels of an axis of shares in percent."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{round(100 * share, 6):g} %"))


def draw_levels(draw: Callable[..., Any], levels: Mapping[str, Iterable[float]]) -> None:
    """Draw what the run begins with as grey lines through a panel, by `axhline` or `axvline`, each level once."""
    for (name, values), line in zip(levels.items(), cycle(("--", ":", "-.")), strict=False):
        for value in sorted(set(values)):
            draw(value, color=GREY, linestyle=line, label=name)


def explain(figure: "Figure", caption: str) -> None:
    """Put the caption below all panels, and one legend of all that is named in them above, where nothing is drawn."""
    width = figure.get_figwidth()
    lines = textwrap.wrap(caption, int(width / LETTER))
    entries = {
        label: handle for axes in figure.axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    rows = 0
    if entries:
        columns = max(1, min(len(entries), int(width / (SIGN + LETTER * max(map(len, entries))))))
        rows = math.ceil(len(entries) / columns)
        figure.legend(
            entries.values(), entries.keys(), loc="outside upper center", ncols=columns, frameon=False, fontsize=9
        )
    figure.set_figheight(figure.get_figheight() + LINE * (len(lines) + 1 + 1.4 * rows))
    figure.supxlabel("\n".join(lines), fontsize=8, color="0.25", x=0.01, ha="left", linespacing=1.3)


Point = tuple[float, float, float | None, float | None]
"""A place, and the mean there with the ends of its interval, which may be unknown."""


def draw_line(
    axes: "Axes",
    points: Sequence[Point],
    look: tuple[str, str],
    label: str,
    place: tuple[int, int] = (0, 1),
) -> None:
    """Draw means with their intervals, (x, mean, low, high) each, as a line in a colour and with a marker.

    `place` says which of how many lines it is: each stands a little aside from the others, so that no interval hides
    another.
    """
    from matplotlib.transforms import ScaledTranslation

    number, lines = place
    aside = min(ASIDE, MOST_ASIDE / lines) * (number - (lines - 1) / 2)
    figure: Any = axes.figure
    moved = axes.transData + ScaledTranslation(aside, 0, figure.dpi_scale_trans)
    across = [x for x, *_ in points]
    means = [mean for _, mean, _, _ in points]
    color, marker = look
    axes.errorbar(
        across, means, interval_bars(points), capsize=3, color=color, marker=marker, label=label, transform=moved
    )
    # What is moved is not counted by itself when the axes choose their limits.
    axes.update_datalim([(x, mean if end is None else end) for x, mean, low, high in points for end in (low, high)])
    axes.margins(x=0.1)
    axes.autoscale_view()


def draw_hollow(
    axes: "Axes", points: Iterable[tuple[float, float]], look: tuple[str, str], label: str, line: str
) -> None:
    """Draw points, (x, y) each, that were measured elsewhere: with hollow signs, and a thin line of a kind."""
    if across := list(points):
        color, marker = look
        axes.plot(
            [x for x, _ in across],
            [y for _, y in across],
            color=color,
            marker=marker,
            markerfacecolor="white",
            linestyle=line,
            linewidth=1,
            label=label,
        )


def interval_bars(points: Iterable[Point]) -> list[list[float]]:
    """Return how far the intervals of points reach below and above their means, as matplotlib's error bars have it."""
    reach = [
        (0.0 if low is None else max(0.0, mean - low), 0.0 if high is None else max(0.0, high - mean))
        for _, mean, low, high in points
    ]
    return [[below for below, _ in reach], [above for _, above in reach]]


def save(figure: "Figure", files: Iterable[Path]) -> None:
    """Write a figure in every form that is asked for; the same figure gives the same bytes."""
    from matplotlib import rc_context

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # which tables of a font it prunes for a PDF
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        with rc_context({"svg.hashsalt": file.stem, "pdf.fonttype": 42}):
            figure.savefig(file, dpi=DPI, metadata=UNDATED[file.suffix])
