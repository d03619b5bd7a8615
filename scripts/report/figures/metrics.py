"""Draw what models can do by iteration, as in Table 1 of I-SHEEP: models in lines, measures in columns.

    python -m scripts.report.figures.metrics --summaries results/*/summary.json \\
        --pictures metrics.svg metrics.pdf metrics.png --output metrics.csv --table metrics.md

Models of one arm differ in their seed alone, and are taken together. The best of each arm is in bold print.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.run.claims import INPUT
from scripts.report.figures.reported import REPORTED, beside, read_reported, source
from scripts.report.figures.style import draw_hollow, draw_levels, draw_line, in_percent, looks, panels, title
from scripts.report.figures.written import NOTHING, add_outputs, add_reported, markdown, write
from scripts.report.summaries import read_summaries

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from scripts.report.figures.estimates import Estimate


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--summaries", type=INPUT, nargs="+", required=True, help="the summary.json of each model")
    add_reported(result)
    add_outputs(result)
    return result


def main(args: argparse.Namespace) -> None:
    """Write the figure, its numbers and its table."""
    summaries = read_summaries(args.summaries)
    reported = read_reported(args.reported) if args.reported else None
    from scripts.report.figures.estimates import REMEDY, counted, estimates, iteration_labels, numbers

    if not (found := beside(estimates(summaries), reported)):
        raise UserError(f"{args.summaries[0]}: no model of these was measured; {REMEDY}")
    caption = f"What models can do by iteration; {counted(found)}{source(found, reported)}"
    write(args, draw(found, iteration_labels(summaries)), numbers(found), caption, table(found))


def draw(found: "Sequence[Estimate]", labels: Mapping[int, str]) -> "Figure":
    """Draw a panel for each measure, with a line for each arm that begins at its base model if that was asked alike."""
    from scripts.report.figures.estimates import axis_of, is_fair_base, levels

    measures = dict.fromkeys(estimate.measure for estimate in found)
    figure = panels(len(measures))
    styles = looks(estimate.arm for estimate in found)
    for axes, measure in zip(figure.axes, measures, strict=True):
        drawn = [each for each in found if each.measure == measure]
        in_line = [each for each in drawn if each.iteration or is_fair_base(each, found)]
        _draw_arms(axes, in_line, styles)
        _draw_reported(axes, drawn, styles)
        # No line leads from the base model in one format to models that are asked in another.
        draw_levels(axes.axhline, levels([each for each in drawn if each not in in_line]))
        axes.set(title=title(measure), xlabel="iteration", ylabel=axis_of(drawn[0]))
        axes.set_xticks(list(labels), [label.replace(" ", "\n", 1) for label in labels.values()])
        if drawn[0].unit == "share":
            in_percent(axes.yaxis)
    return figure


def _draw_arms(axes: "Axes", found: "Sequence[Estimate]", styles: dict[str, tuple[str, str]]) -> None:
    for place, (arm, look) in enumerate(styles.items()):
        points = [(each.iteration, each.mean, each.low, each.high) for each in found if each.arm == arm]
        draw_line(axes, points, look, arm, (place, len(styles)))


def _draw_reported(axes: "Axes", found: "Sequence[Estimate]", styles: dict[str, tuple[str, str]]) -> None:
    for arm, look in styles.items():
        known = [(each.iteration, each.reported) for each in found if each.arm == arm and each.reported is not None]
        draw_hollow(axes, known, look, f"{arm}, {REPORTED}", line=":")


def table(found: "Sequence[Estimate]") -> str:
    """Return a line for each measured model of each arm, and a column for each measure."""
    from scripts.report.figures.estimates import as_text, best_of, column_of, reported_as_text, trained

    measures = dict.fromkeys(estimate.measure for estimate in found)
    best = {
        estimate
        for arm in {estimate.arm for estimate in found}
        for measure in measures
        for estimate in best_of([each for each in trained(found) if (each.arm, each.measure) == (arm, measure)])
    }
    cells = {(each.arm, each.measured, each.measure): as_text(each, each in best) for each in found}
    known = {
        (each.arm, each.measured, each.measure): reported_as_text(each) for each in found if each.reported is not None
    }
    models = dict.fromkeys((each.arm, each.iteration, each.measured) for each in found)
    arms = list(dict.fromkeys(arm for arm, _, _ in models))
    lines = []
    for arm, _, measured in sorted(models, key=lambda model: (arms.index(model[0]), model[1])):
        lines.append([arm, measured, *(cells.get((arm, measured, measure), NOTHING) for measure in measures)])
        if any(key[:2] == (arm, measured) for key in known):
            told = (known.get((arm, measured, measure), NOTHING) for measure in measures)
            lines.append([arm, f"{measured}, {REPORTED}", *told])
    return markdown(["model", "iteration", *(column_of(measure, found) for measure in measures)], lines)


if __name__ == "__main__":
    cli.run(main, parser())
