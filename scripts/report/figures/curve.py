"""Draw what models can do over a setting that varies, such as the threshold or the data size (I-SHEEP, Figure 2).

    python -m scripts.report.figures.curve --setting isheep.selection.threshold \\
        --summaries results/threshold6-1/summary.json results/threshold8-1/summary.json --values 6 8 \\
        --pictures curve.svg curve.pdf curve.png --output curve.csv --table curve.md

Models of one value and one curve are seeds of it, and are taken together.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scripts.lib import cli
from scripts.lib.config.options import checked
from scripts.lib.errors import UserError
from scripts.lib.run.claims import INPUT
from scripts.report.figures.style import draw_levels, draw_line, in_percent, looks, panels, title
from scripts.report.figures.written import NOTHING, add_outputs, markdown, write
from scripts.report.summaries import Summary, read_summaries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scripts.report.figures.estimates import Estimate

Points = dict[tuple[str, float], "list[Estimate]"]
"""The estimates at each point: at a value of the setting, on a curve."""
WIDE = 50.0
"""The ratio of the largest to the smallest value beyond which an axis is logarithmic."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--setting", required=True, help="the setting that varies, as the axis is called")
    add("--summaries", type=INPUT, nargs="+", required=True, help="the summary.json of each model")
    add(
        "--values", type=checked(float), nargs="+", required=True, help="the value of the setting that each of them has"
    )
    add("--curves", nargs="+", help="the name of the curve that each belongs to (default: one curve, without a name)")
    add("--left-out", nargs="*", default=[], help="arms without a number there, which the caption names")
    add_outputs(result)
    return result


def main(args: argparse.Namespace) -> None:
    """Write the figure, its numbers and its tables."""
    curves = args.curves or [""] * len(args.summaries)
    if not len(args.summaries) == len(args.values) == len(curves):
        raise UserError(
            f"--summaries: there are {len(args.summaries)}, with {len(args.values)} --values and {len(curves)} "
            "--curves; give one of each for every summary"
        )
    summaries = read_summaries(args.summaries)
    from scripts.report.figures.estimates import REMEDY, counted

    found = at_points(summaries, list(zip(curves, args.values, strict=True)))
    every = [estimate for own in found.values() for estimate in own]
    if not every:
        raise UserError(f"{args.summaries[0]}: no model of these was measured; {REMEDY}")
    numbers = [
        {"curve": curve, "value": value, **_numbers(each)} for (curve, value), own in found.items() for each in own
    ]
    caption = f"What models can do over {args.setting}; {counted(every)}"
    if args.left_out:
        caption += f" Without a number on this axis, and so left out: {', '.join(args.left_out)}."
    write(args, draw(found, args.setting), numbers, caption, tables(found, args.setting))


def at_points(summaries: Sequence[Summary], points: Sequence[tuple[str, float]]) -> Points:
    """Return the estimates at each point, of the models that are there."""
    from scripts.report.figures.estimates import estimates

    names = {point: f"{place}" for place, point in enumerate(sorted(set(points)))}
    found = estimates(summaries, [names[point] for point in points])
    return {point: [each for each in found if each.arm == name] for point, name in names.items()}


def _numbers(estimate: "Estimate") -> dict[str, Any]:
    from scripts.report.figures.estimates import numbers

    return {name: number for name, number in numbers([estimate])[0].items() if name != "arm"}


def draw(found: Points, setting: str) -> "Figure":
    """Draw a panel for each measure and curve, with a line for each iteration."""
    from scripts.report.figures.estimates import axis_of, is_fair_base, levels, trained

    every = [estimate for own in found.values() for estimate in own]
    measures, curves = dict.fromkeys(each.measure for each in every), dict.fromkeys(curve for curve, _ in found)
    styles = looks(each.measured for each in sorted(trained(every), key=lambda each: each.iteration))
    figure = panels(len(measures) * len(curves), len(curves) if len(curves) > 1 else 2)
    places = [(measure, curve) for measure in measures for curve in curves]
    for axes, (measure, curve) in zip(figure.axes, places, strict=True):
        on_curve = [
            (value, each)
            for (name, value), own in found.items()
            for each in own
            if name == curve and each.measure == measure
        ]
        drawn = [each for _, each in on_curve]
        draw_levels(axes.axhline, levels([each for each in drawn if is_fair_base(each, drawn)]))
        _draw_lines(axes, [point for point in on_curve if point[1].iteration], styles)
        axes.set(title=f"{title(measure)}\n{title(curve)}" if curve else title(measure), xlabel=setting)
        if drawn:
            axes.set_ylabel(axis_of(drawn[0]))
        if not drawn or drawn[0].unit == "share":
            in_percent(axes.yaxis)
        _scale(axes, sorted({value for value, _ in on_curve}))
    return figure


def _draw_lines(axes: "Axes", points: "Sequence[tuple[float, Estimate]]", styles: dict[str, tuple[str, str]]) -> None:
    for place, (name, look) in enumerate(styles.items()):
        own = [(value, each.mean, each.low, each.high) for value, each in points if each.measured == name]
        draw_line(axes, own, look, name, (place, len(styles)))


def _scale(axes: "Axes", values: Sequence[float]) -> None:
    """Mark the values that there are, on a logarithmic axis if they span much."""
    if values and values[0] > 0 and values[-1] / values[0] > WIDE:
        axes.set_xscale("log")
    axes.set_xticks(values, [f"{value:,g}" for value in values], minor=False)
    axes.minorticks_off()


def tables(found: Points, setting: str) -> str:
    """Return a table for each measure: a line for each value of each curve, a column for each measured model."""
    from scripts.report.figures.estimates import as_text, best_of, column_of

    every = [estimate for own in found.values() for estimate in own]
    named = any(curve for curve, _ in found)
    parts = []
    for measure in dict.fromkeys(each.measure for each in every):
        of_measure = [each for each in every if each.measure == measure]
        models = list(dict.fromkeys(each.measured for each in sorted(of_measure, key=lambda each: each.iteration)))
        best = {
            estimate
            for name in models
            for estimate in best_of([each for each in of_measure if each.iteration and each.measured == name])
        }
        lines = []
        for (curve, value), own in found.items():
            cells = {each.measured: as_text(each, each in best) for each in own if each.measure == measure}
            label = f"{value:,g}, {curve}" if named else f"{value:,g}"
            lines.append([label, *(cells.get(name, NOTHING) for name in models)])
        parts.append(markdown([f"{column_of(measure, every)}, by {setting}", *models], lines))
    return "\n\n".join(parts)


if __name__ == "__main__":
    cli.run(main, parser())
