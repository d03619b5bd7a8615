"""Draw arms side by side, and write them as Tables 2 to 4 of I-SHEEP: settings, filters, levels of assessment.

    python -m scripts.report.figures.arms --summaries results/*/summary.json \\
        --pictures arms.svg arms.pdf arms.png --output arms.csv --table arms.md

A line for each arm, a column for each iteration, a table for each measure. The best of each iteration is in
bold print.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.run.claims import INPUT
from scripts.report.figures.reported import REPORTED, beside, read_reported, source
from scripts.report.figures.style import draw_hollow, draw_levels, in_percent, interval_bars, looks, panels, title
from scripts.report.figures.written import NOTHING, add_outputs, add_reported, markdown, write
from scripts.report.summaries import Summary, read_summaries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scripts.report.figures.estimates import Estimate

LINE, MARGIN = 0.32, 1.0
"""Inches of an arm, and of what stands above and below all of them."""
SPREAD = 0.55
"""How much of the way from one arm to the next its iterations take up."""
MOST_SIDE_BY_SIDE = 2
"""Panels in a row: names of arms take room."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--summaries", type=INPUT, nargs="+", required=True, help="the summary.json of each model")
    add_reported(result)
    add_outputs(result)
    return result


def main(args: argparse.Namespace) -> None:
    """Write the figure, its numbers and its tables."""
    summaries = read_summaries(args.summaries)
    reported = read_reported(args.reported) if args.reported else None
    from scripts.report.figures.estimates import counted, estimates, numbers

    found = beside(estimates(summaries), reported)
    if len({estimate.arm for estimate in found}) < 2:
        raise UserError(f"{args.summaries[0]}: fewer than two arms of these were measured")
    caption = f"Arms side by side, by iteration; {counted(found)}{source(found, reported)}"
    write(args, draw(found), numbers(found), caption, tables(found, summaries))


def draw(found: "Sequence[Estimate]") -> "Figure":
    """Draw a panel for each measure, in which each arm has a line with a mark for each iteration."""
    from scripts.report.figures.estimates import axis_of, levels, trained

    arms, measures = _names(found)
    figure = panels(len(measures), MOST_SIDE_BY_SIDE, LINE * len(arms) + MARGIN, sharey=True)
    for axes, measure in zip(figure.axes, measures, strict=True):
        drawn = [estimate for estimate in found if estimate.measure == measure]
        draw_levels(axes.axvline, levels([each for each in drawn if not each.iteration]))
        _draw_iterations(axes, trained(drawn), arms)
        unit = drawn[0].unit
        axes.set(title=title(measure), xlabel=axis_of(drawn[0]))
        axes.set_yticks(range(len(arms)), arms)
        axes.set_ylim(len(arms) - 0.5, -0.5)
        if unit == "share":
            in_percent(axes.xaxis)
    return figure


def _draw_iterations(axes: "Axes", found: "Sequence[Estimate]", arms: Sequence[str]) -> None:
    styles = looks(estimate.measured for estimate in sorted(found, key=lambda each: each.iteration))
    apart = SPREAD / len(styles)
    for number, (name, (color, marker)) in enumerate(styles.items()):
        own = [estimate for estimate in found if estimate.measured == name]
        places = [arms.index(each.arm) + apart * (number - (len(styles) - 1) / 2) for each in own]
        bars = interval_bars([(0, each.mean, each.low, each.high) for each in own])
        axes.errorbar([each.mean for each in own], places, xerr=bars, fmt=marker, capsize=2.5, color=color, label=name)
        known = [(each.reported, place) for each, place in zip(own, places, strict=True) if each.reported is not None]
        draw_hollow(axes, known, (color, marker), f"{name}, {REPORTED}", line="")


def tables(found: "Sequence[Estimate]", summaries: Sequence[Summary]) -> str:
    """Return a table for each measure: a line for each arm, a column for each measured model."""
    from scripts.report.figures.estimates import as_text, best_of, column_of, model_names, reported_as_text

    arms, measures = _names(found)
    models = [name for name in model_names(summaries).values() if name in {each.measured for each in found}]
    parts = []
    for measure in measures:
        own = {(each.arm, each.measured): each for each in found if each.measure == measure}
        best = {
            estimate
            for model in models
            for estimate in best_of([each for each in own.values() if each.iteration and each.measured == model])
        }
        written = {key: as_text(each, each in best) for key, each in own.items()}
        known = {key: reported_as_text(each) for key, each in own.items() if each.reported is not None}
        lines = []
        for arm in arms:
            lines.append([arm, *(written.get((arm, name), NOTHING) for name in models)])
            if any(key[0] == arm for key in known):
                lines.append([f"{arm}, {REPORTED}", *(known.get((arm, name), NOTHING) for name in models)])
        parts.append(markdown([column_of(measure, found), *models], lines))
    return "\n\n".join(parts)


def _names(found: "Sequence[Estimate]") -> tuple[list[str], list[str]]:
    return list(dict.fromkeys(each.arm for each in found)), list(dict.fromkeys(each.measure for each in found))


if __name__ == "__main__":
    cli.run(main, parser())
