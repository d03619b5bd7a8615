"""What figures draw of held-out tasks: for each arm and measured model a mean over seeds, with its 95 % interval.

What evaluates models in another way joins `results_of`: every figure of measures then shows it, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scripts.report.comparison import MEASURES, labels, measured_names
from scripts.report.measured import heading, known_measures
from scripts.report.over_seeds import over_seeds
from scripts.report.summaries import CHAT, HeldOut, Summary


@dataclass(frozen=True)
class Result:
    """One measure of one model: its value, and its 95 % interval over the tasks."""

    measure: str
    unit: str
    value: float
    low: float
    high: float
    tasks: int | None


@dataclass(frozen=True)
class Estimate:
    """One measure of one measured model of an arm: the mean over seeds, and the 95 % interval.

    That is the t interval over the seeds; where there is one seed, or the same base model for all, the interval over
    the tasks.
    """

    arm: str
    iteration: int
    measured: str
    measure: str
    unit: str
    mean: float
    low: float
    high: float
    seeds: int
    tasks: int | None


def results_of(result: HeldOut) -> Iterator[Result]:
    """Yield every measure of a model, the two accuracies first."""
    for name, title in MEASURES.items():
        found = getattr(result, name)
        low, high = found.interval
        yield Result(title, "share", found.accuracy, low, high, found.total)
    for measure in result.measures.values():
        low, high = measure.interval
        yield Result(heading(measure), measure.unit, measure.value, low, high, measure.total)


def estimates(summaries: Sequence[Summary], arms: Sequence[str] | None = None) -> list[Estimate]:
    """Return the estimates of all measures of all arms, in the order in which they are shown.

    `arms` are other names to group the summaries by, one for each of them. Raises UserError if two models were given
    one measure by different graders.
    """
    known_measures((summary.model, result) for summary in summaries for result in summary.held_out)
    names = measured_names(summaries)
    groups: dict[tuple[str, str, str], list[Result]] = {}
    about: dict[str, tuple[int, str]] = {name: key for key, name in names.items()}
    for summary, arm in zip(summaries, arms or [summary.arm for summary in summaries], strict=True):
        for result in summary.held_out:
            for found in results_of(result):
                groups.setdefault((found.measure, arm, names[result.iteration, result.format]), []).append(found)
    shown = (list(dict.fromkeys(measure for measure, _, _ in groups)), list(dict.fromkeys(arm for _, arm, _ in groups)))
    order = (*shown, list(names.values()))
    return [
        _estimate(arm, about[measured][0], measured, groups[measure, arm, measured])
        for measure, arm, measured in sorted(groups, key=lambda key: [*map(list.index, order, key)])
    ]


def trained(found: Sequence[Estimate]) -> list[Estimate]:
    """Return the estimates of models that were trained."""
    return [estimate for estimate in found if estimate.iteration]


def is_fair_base(estimate: Estimate, summaries: Sequence[Summary]) -> bool:
    """Return whether an estimate is of the base model asked in the chat format, as trained models are."""
    return estimate.measured == measured_names(summaries).get((0, CHAT))


def iteration_labels(summaries: Sequence[Summary]) -> dict[int, str]:
    """Return the label of each iteration, that of the base model included."""
    return {0: "base", **labels(summaries)}


def numbers(found: Sequence[Estimate]) -> list[dict[str, Any]]:
    """Return estimates as lines of a table."""
    return [asdict(estimate) for estimate in found]


def as_text(estimate: Estimate, best: bool = False) -> str:
    """Return an estimate as a cell of a table, in bold print where it is the best one."""
    digits, factor = (1, 100) if estimate.unit == "share" else (2, 1)
    mean, low, high = (f"{factor * value:.{digits}f}" for value in (estimate.mean, estimate.low, estimate.high))
    return f"{f'**{mean}**' if best else mean} ({low} to {high})"


def best_of(found: Sequence[Estimate]) -> set[Estimate]:
    """Return the estimates with the highest mean: of accuracies, since of other measures more need not be better."""
    accuracies = [estimate for estimate in found if estimate.measure in MEASURES.values()]
    highest = max((estimate.mean for estimate in accuracies), default=None)
    return {estimate for estimate in accuracies if estimate.mean == highest}


def levels(found: Sequence[Estimate]) -> dict[str, list[float]]:
    """Return the means of measured models by what these are called."""
    means: dict[str, list[float]] = {}
    for estimate in found:
        means.setdefault(estimate.measured, []).append(estimate.mean)
    return means


def axis_of(unit: str) -> str:
    """Return what an axis is called that shows a measure of a unit."""
    return "share of held-out tasks" if unit == "share" else f"mean length ({unit})"


def column_of(measure: str, found: Sequence[Estimate]) -> str:
    """Return what a table's column is called that shows a measure: shares are written in percent."""
    units = {estimate.measure: estimate.unit for estimate in found}
    return f"{measure} (%)" if units[measure] == "share" else measure


def counted(found: Sequence[Estimate]) -> str:
    """Return what intervals are over, and how many tasks and seeds there are, as a caption says it."""
    seeds = sorted({estimate.seeds for estimate in trained(found)} or {estimate.seeds for estimate in found})
    tasks = sorted({estimate.tasks for estimate in found if estimate.tasks is not None})
    over = [f"n = {_listed(tasks)} held-out tasks"] if tasks else []
    over.append("one seed of each arm" if seeds == [1] else f"{_listed(seeds)} seeds of each arm")
    if seeds == [1]:
        kind = "over the tasks"
    elif seeds[0] == 1:
        kind = "over seeds, and over the tasks where there is one seed"
    else:
        kind = "over seeds; those of the base model are over the tasks"
    return f"{', '.join(over)}; 95 % intervals {kind}."


def _listed(counts: Sequence[int]) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _estimate(arm: str, iteration: int, measured: str, results: Sequence[Result]) -> Estimate:
    import pandas as pd

    first = results[0]
    about = (arm, iteration, measured, first.measure, first.unit)
    same_base = not iteration and all(result == first for result in results)
    if len(results) == 1 or same_base:
        return Estimate(*about, first.value, first.low, first.high, 1, first.tasks)
    frame = pd.DataFrame({"arm": arm, "value": [result.value for result in results]})
    (row,) = over_seeds(frame, "arm")
    mean, half = row["mean"], row["half"]
    return Estimate(*about, mean, round(mean - half, 4), round(mean + half, 4), row["seeds"], first.tasks)
