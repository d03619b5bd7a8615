"""Draw how many rows there are at each stage of each iteration, whatever the recipe.

    python -m scripts.report.figures.stages --summaries results/*/summary.json \\
        --pictures stages.svg stages.pdf stages.png --output stages.csv --table stages.md

A panel for each arm; models of one arm differ in their seed alone, and are taken together.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scripts.lib import cli
from scripts.lib.run.claims import INPUT
from scripts.report.figures.style import GREY, looks, panels
from scripts.report.figures.written import NOTHING, add_outputs, markdown, write
from scripts.report.summaries import Summary, read_summaries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = dict[str, Any]

HEIGHT = 3.3
"""Inches of a panel: the names of stages stand aslant below."""
BARS = 0.8
"""How much of the way from one stage to the next the bars of its iterations take up."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--summaries", type=INPUT, nargs="+", required=True, help="the summary.json of each model")
    add_outputs(result)
    return result


def main(args: argparse.Namespace) -> None:
    """Write the figure, its numbers and its table."""
    summaries = read_summaries(args.summaries)
    from scripts.report.comparison import labels, stage_titles

    rows = rows_at_stages(summaries)
    titles, names = stage_titles(summaries), labels(summaries)
    seeds = sorted({row["seeds"] for row in rows})
    caption = "Rows at each stage of each iteration; "
    if seeds == [1]:
        caption += "one seed of each arm."
    else:
        caption += f"means over {' to '.join(map(str, seeds[:1] + seeds[1:][-1:]))} seeds of each arm, 95 % intervals."
    write(args, draw(rows, titles, names), rows, caption, table(rows, titles, names))


def rows_at_stages(summaries: Sequence[Summary]) -> list[Row]:
    """Return the mean number of rows and half its 95 % interval over seeds, by arm, iteration and stage."""
    import pandas as pd

    from scripts.report.comparison import stage_titles
    from scripts.report.over_seeds import over_seeds

    lines = [
        (summary.arm, iteration.iteration, stage.name, stage.rows)
        for summary in summaries
        for iteration in summary.iterations
        for stage in iteration.stages
    ]
    frame = pd.DataFrame(lines, columns=["arm", "iteration", "stage", "value"]).astype({"value": float})
    orders = {"arm": list(dict.fromkeys(summary.arm for summary in summaries)), "stage": list(stage_titles(summaries))}
    for column, order in orders.items():
        frame[column] = pd.Categorical(frame[column], order)
    return over_seeds(frame, "arm", "iteration", "stage")


def draw(rows: Sequence[Row], titles: dict[str, str], names: dict[int, str]) -> "Figure":
    """Draw a panel for each arm, with a group of bars for each stage and a bar in it for each iteration."""
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    figure = panels(len(arms), height=HEIGHT, sharey=True)
    for axes, arm in zip(figure.axes, arms, strict=True):
        _draw_arm(axes, [row for row in rows if row["arm"] == arm], titles, names)
        axes.set(title=arm, ylabel="rows")
    return figure


def _draw_arm(axes: "Axes", rows: Sequence[Row], titles: dict[str, str], names: dict[int, str]) -> None:
    stages = [stage for stage in titles if any(row["stage"] == stage for row in rows)]
    styles = dict(zip(names, looks(map(str, names)).values(), strict=True))
    iterations = [iteration for iteration in names if any(row["iteration"] == iteration for row in rows)]
    width = BARS / len(iterations)
    for number, iteration in enumerate(iterations):
        own = [row for row in rows if row["iteration"] == iteration]
        places = [stages.index(row["stage"]) + width * (number - (len(iterations) - 1) / 2) for row in own]
        means, halves = [row["mean"] for row in own], [row["half"] or 0 for row in own]
        axes.bar(places, means, width, color=styles[iteration][0], label=names[iteration])
        if any(halves):
            axes.errorbar(places, means, halves, fmt="none", ecolor=GREY, capsize=2)
    axes.set_xticks(range(len(stages)), [titles[stage] for stage in stages], rotation=35, ha="right")
    axes.grid(visible=False, axis="x")


def table(rows: Sequence[Row], titles: dict[str, str], names: dict[int, str]) -> str:
    """Return a line for each arm and iteration, a column for each stage."""
    cells = {
        (row["arm"], row["iteration"], row["stage"]): f"{row['mean']:,.0f}"
        + (f" ± {row['half']:,.0f}" if row["half"] is not None else "")
        for row in rows
    }
    lines = [
        [arm, names[iteration], *(cells.get((arm, iteration, stage), NOTHING) for stage in titles)]
        for arm, iteration in dict.fromkeys((row["arm"], row["iteration"]) for row in rows)
    ]
    return markdown(["model", "iteration", *titles.values()], lines)


if __name__ == "__main__":
    cli.run(main, parser())
