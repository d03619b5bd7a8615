"""The picture of a comparison: accuracy by iteration, or losses where nothing was held out, and further measures."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.report.comparison import MEASURES, Numbers
from scripts.report.over_seeds import Row
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
LONGEST_TITLE = 44
"""Characters of a line above a panel."""


def draw(numbers: Numbers, path: Path) -> None:
    """Draw a panel for each measure of accuracy, or for each loss, with a line and its intervals for every arm.

    Below stands one for each further measure, and for the main score of each benchmark and way of judging.
    """
    from matplotlib.figure import Figure

    held_out = bool(numbers["accuracy"])
    panels = list(_accuracies(numbers) if held_out else _losses(numbers))
    measures = numbers["measures"]
    benchmarks = [row for row in numbers["benchmarks"] if row["main"]]
    below = len(measures) + len(benchmarks)
    columns = max(len(panels), min(below, 2))
    rows = 1 + -(-below // columns)
    figure = Figure(figsize=(WIDTH * columns, HEIGHT), dpi=120, layout="constrained")
    first = None
    for place, panel in enumerate(panels, 1):
        axes = figure.add_subplot(rows, columns, place, sharey=first if held_out else None)
        _draw_panel(axes, panel, numbers)
        if held_out:
            _in_percent(axes)
        if held_out and first is not None:
            axes.tick_params(labelleft=False)
            axes.set_ylabel("")
        first = first or axes
    for place, measure in enumerate(measures, columns + 1):
        _draw_measure(figure.add_subplot(rows, columns, place), measure, numbers)
    for place, benchmark in enumerate(benchmarks, columns + len(measures) + 1):
        _draw_benchmark(figure.add_subplot(rows, columns, place), benchmark, numbers)
    _explain(figure, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the name of the program that drew it, the same numbers give the same file.
    figure.savefig(path, metadata={"Software": None})


def _draw_panel(axes: "Axes", panel: Panel, numbers: Numbers) -> None:
    title, rows, bases = panel
    _draw_bases(axes, bases, _styles(numbers))
    _draw_arms(axes, rows, _styles(numbers))
    _name_iterations(axes, numbers["iterations"])
    label = "share of held-out tasks" if numbers["accuracy"] else "loss (nats)"
    axes.set(title=title, xlabel="iteration", ylabel=label)
    _plain(axes)


def _draw_measure(axes: "Axes", measure: Row, numbers: Numbers) -> None:
    """Draw a further measure of every measured model, with its interval over seeds or, of a base model, over tasks."""
    places = {row["measured"]: place for place, row in enumerate(numbers["measured"])}
    of_measure = [row for row in numbers["measure"] if row["measure"] == measure["measure"]]
    _draw_arms(axes, [{**row, "iteration": places[row["measured"]]} for row in of_measure], _styles(numbers))
    shares = measure["unit"] == "share"
    axes.set(title=_capitalized(measure["title"]), ylabel="share of its tasks" if shares else measure["unit"])
    axes.set_xticks(range(len(places)), [name.removesuffix(" format") for name in places], rotation=25)
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_ylim(0, 1.02 if shares else None)
    if shares:
        _in_percent(axes)
    _plain(axes)


def _draw_benchmark(axes: "Axes", benchmark: Row, numbers: Numbers) -> None:
    """Draw a score by iteration, with its interval over seeds or, of a base model, over what that was asked.

    No line leads from a base model that was asked in one format to models that were asked in another.
    """
    scored = [row for row in numbers["benchmark"] if row["measure"] == benchmark["measure"]]
    in_line = [row for row in scored if row["iteration"] or benchmark["asked_alike"]]
    _draw_arms(axes, in_line, _styles(numbers))
    for level, name in sorted({(row["mean"], row["measured"]) for row in scored if row not in in_line}):
        axes.axhline(level, color=GREY, linestyle="-.", label=name)
    axes.set(title=_capitalized(benchmark["measure"]), xlabel="iteration", ylabel=benchmark["unit"])
    _name_iterations(axes, [{"iteration": 0, "label": "base"}, *numbers["iterations"]])
    if benchmark["unit"] == "share":
        _in_percent(axes)
    _plain(axes)


def _in_percent(axes: "Axes") -> None:
    from matplotlib.ticker import PercentFormatter

    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _plain(axes: "Axes") -> None:
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _capitalized(title: str) -> str:
    return textwrap.fill(title[:1].upper() + title[1:], LONGEST_TITLE)


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
    formats = list(dict.fromkeys(row["format"] for row in bases))
    lines = {CHAT: "--"} | dict(zip((name for name in formats if name != CHAT), cycle((":", "-.")), strict=False))
    for name in formats:
        rows = [row for row in bases if row["format"] == name]
        line = lines[name]
        levels: dict[float, list[str]] = {}
        for row in rows:
            for result in row["results"]:
                levels.setdefault(result["accuracy"], []).append(row["arm"])
        for level, arms in levels.items():
            own = len(levels) > 1 and len(arms) == 1
            axes.axhline(level, color=styles[arms[0]][0] if own else GREY, linestyle=line)
        axes.plot([], color=GREY, linestyle=line, label=rows[0]["measured"])


def _draw_arms(axes: "Axes", rows: Sequence[Row], styles: Styles) -> None:
    """Draw a line for each arm, a little aside from the others so that no interval hides another."""
    apart = min(0.06, SPREAD / len(styles))
    for place, (arm, (color, marker)) in enumerate(styles.items()):
        of_arm = [row for row in rows if row["arm"] == arm]
        if of_arm:
            places = [row["iteration"] + apart * (place - (len(styles) - 1) / 2) for row in of_arm]
            means = [row["mean"] for row in of_arm]
            reach = [_reach(row) for row in of_arm]
            axes.errorbar(
                places, means, list(zip(*reach, strict=True)), capsize=3, label=arm, color=color, marker=marker
            )


def _reach(row: Row) -> tuple[float, float]:
    """Return how far an interval reaches below and above a mean: half of one over seeds, or one over tasks."""
    if row.get("interval") is None:
        return (row["half"] or 0, row["half"] or 0)
    low, high = row["interval"]
    return row["mean"] - low, high - row["mean"]


def _name_iterations(axes: "Axes", iterations: Sequence[Row]) -> None:
    shown = iterations[:: -(-len(iterations) // TICKS)]
    axes.set_xticks([row["iteration"] for row in shown], [row["label"] for row in shown])
    axes.set_xlim(iterations[0]["iteration"] - 0.5, iterations[-1]["iteration"] + 0.5)


def _explain(figure: "Figure", rows: int) -> None:
    """Put one legend below all rows of panels, where nothing is drawn."""
    handles = {
        label: handle for axes in figure.axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    columns = max(1, int(figure.get_figwidth() / (SIGN + LETTER * max(map(len, handles)))))
    figure.set_figheight(HEIGHT * rows + LINE * -(-len(handles) // columns))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=columns, frameon=False)
