"""The numbers of a comparison that are of graders' further measures: by measured model, and how models differ.

Models of one arm are compared with each other, paired by seed: those that were trained, and the base model however it
was asked. A base model that is the same for every seed is taken as exact.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from scripts.report.measured import heading, known_measures
from scripts.report.over_seeds import Row, changes, effects, over_seeds
from scripts.report.summaries import CHAT, Summary

Names = Mapping[tuple[int, str], str]
"""What each measured model is called, by its iteration and the format in which it was asked, in order."""


def of_measures(summaries: Sequence[Summary], names: Names) -> dict[str, list[Row]]:
    """Return the numbers of every table of further measures, each in the order in which it is shown.

    Raises UserError if two models were given one measure by different graders.
    """
    measures = known_measures((summary.model, result) for summary in summaries for result in summary.held_out)
    values = _values(summaries, names, list(measures))
    intervals = _base_intervals(summaries, names)
    return {
        "measures": [
            {"measure": name, "title": heading(measure), "unit": measure.unit} for name, measure in measures.items()
        ],
        "measure": [
            {**row, "interval": intervals.get((row["measure"], row["measured"], row["arm"]))}
            for row in over_seeds(values, "measure", "measured", "arm")
        ],
        "measure_gain": gains(values, names),
        "measure_step": steps(values),
    }


def gains(values: pd.DataFrame, names: Names) -> list[Row]:
    """Return how models differ from the base model in the chat format, of those that are measured after it."""
    base = values[values["measured"] == names.get((0, CHAT))]
    pairs = values.merge(base, on=["measure", "arm", "seed"], suffixes=("", "_reference"))
    later = pairs[pairs["measured"].cat.codes > pairs["measured_reference"].cat.codes]
    return effects(changes(later), "measure", "measured", "arm")


def steps(values: pd.DataFrame) -> list[Row]:
    """Return how models differ from the one that is measured before them, whose name is `before`."""
    ordered = values.sort_values("measured")
    before = ordered.groupby(["measure", "arm", "seed"], observed=True, dropna=False, sort=False)
    pairs = ordered.assign(before=before["measured"].shift(), value_reference=before["value"].shift())
    return effects(changes(pairs.dropna(subset="value_reference")), "measure", "measured", "before", "arm")


def _values(summaries: Sequence[Summary], names: Names, measures: Sequence[str]) -> pd.DataFrame:
    """Return every value, a line for each; models and measures are sorted as they are shown."""
    lines = [
        (summary.arm, summary.seed, names[result.iteration, result.format], name, measure.value)
        for summary in summaries
        for result in summary.held_out
        for name, measure in result.measures.items()
    ]
    frame = pd.DataFrame(lines, columns=["arm", "seed", "measured", "measure", "value"]).astype({"value": float})
    orders = {"arm": [summary.arm for summary in summaries], "measured": names.values(), "measure": measures}
    for column, order in orders.items():
        frame[column] = pd.Categorical(frame[column], list(dict.fromkeys(order)))
    return frame


def _base_intervals(summaries: Sequence[Summary], names: Names) -> dict[tuple[str, str, str], list[float] | None]:
    """Return the base models' intervals over tasks, by measure, model and arm; none if an arm's bases differ."""
    found: dict[tuple[str, str, str], list[list[float]]] = {}
    for summary in summaries:
        for result in summary.held_out:
            for name, measure in result.measures.items() if not result.iteration else ():
                of_base = found.setdefault((name, names[0, result.format], summary.arm), [])
                if (interval := [measure.value, *measure.interval]) not in of_base:
                    of_base.append(interval)
    return {key: values[0][1:] if len(values) == 1 else None for key, values in found.items()}
