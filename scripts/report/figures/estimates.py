"""What figures draw of measured models: for each arm and model a mean over seeds, with its 95 % interval.

Held-out tasks, benchmarks and judges measure models; what does so in another way joins `results_of`, and every figure
of measures then shows it, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.report.benchmarks import KINDS, known_scores
from scripts.report.comparison import MEASURES, labels, measured_names
from scripts.report.figures.reported import REPORTED
from scripts.report.figures.written import NOTHING
from scripts.report.measured import heading, known_measures
from scripts.report.over_seeds import over_seeds
from scripts.report.summaries import HeldOut, Summary

ASKED = {"held_out": "held-out tasks", "benchmarks": "documents", "judged": "questions"}
"""What models are measured by, by the list of a summary that tells of it."""
REMEDY = "set held_out:, evaluation: or judging: for one"
"""What helps where no model was measured."""
SHOWN = ("arm", "iteration", "measured", "measure", "unit", "mean", "low", "high", "seeds", "tasks")
"""What of an estimate stands in the table of numbers."""


@dataclass(frozen=True)
class Result:
    """One measure of one model: its value, and its 95 % interval over the tasks, documents or questions, if known.

    `asked` says which of these it is of, and `format` how the model was asked.
    """

    measure: str
    unit: str
    value: float
    low: float | None
    high: float | None
    tasks: int | None
    asked: str
    format: str
    higher_is_better: bool | None


@dataclass(frozen=True)
class Estimate:
    """One measure of one measured model of an arm: the mean over seeds, and the 95 % interval.

    That is the t interval over the seeds; where there is one seed, or the same base model for all, the interval over
    what models were asked, which may be unknown. `reported` is what others measured of it, and no number of the run.
    """

    arm: str
    iteration: int
    measured: str
    measure: str
    unit: str
    mean: float
    low: float | None
    high: float | None
    seeds: int
    tasks: int | None
    asked: str
    format: str
    higher_is_better: bool | None
    reported: float | None = None


Measured = tuple[int, str, Result]
"""A result with the iteration whose model it is of, and the format in which that was asked."""


def results_of(summary: Summary) -> Iterator[Measured]:
    """Yield every measure of every model: of held-out tasks, accuracies first, of benchmarks, and of a judge."""
    for result in summary.held_out:
        yield from ((result.iteration, result.format, each) for each in _of_held_out(result))
    for kind in KINDS:
        for benchmark in getattr(summary, kind):
            for score in benchmark.scores:
                if score.of_model and score.value is not None:
                    low, high = score.interval or (None, None)
                    about = (score.total, ASKED[kind], benchmark.format, score.higher_is_better)
                    found = Result(score.title, score.unit, score.value, low, high, *about)
                    yield benchmark.iteration, benchmark.format, found


def _of_held_out(result: HeldOut) -> Iterator[Result]:
    asked, how = ASKED["held_out"], result.format
    for name, title in MEASURES.items():
        found = getattr(result, name)
        low, high = found.interval
        yield Result(title, "share", found.accuracy, low, high, found.total, asked, how, True)
    for measure in result.measures.values():
        low, high = measure.interval
        yield Result(heading(measure), measure.unit, measure.value, low, high, measure.total, asked, how, None)


def estimates(summaries: Sequence[Summary], arms: Sequence[str] | None = None) -> list[Estimate]:
    """Return the estimates of all measures of all arms, in the order in which they are shown.

    `arms` are other names to group the summaries by, one for each of them. Raises UserError if two models were given
    one measure by different graders.
    """
    known_measures((summary.model, result) for summary in summaries for result in summary.held_out)
    known_scores((summary.model, each) for summary in summaries for each in summary.scored)
    names = model_names(summaries)
    groups: dict[tuple[str, str, str], list[Result]] = {}
    about: dict[str, tuple[int, str]] = {name: key for key, name in names.items()}
    for summary, arm in zip(summaries, arms or [summary.arm for summary in summaries], strict=True):
        for iteration, format_name, found in results_of(summary):
            groups.setdefault((found.measure, arm, names[iteration, format_name]), []).append(found)
    shown = (list(dict.fromkeys(measure for measure, _, _ in groups)), list(dict.fromkeys(arm for _, arm, _ in groups)))
    order = (*shown, list(names.values()))
    return [
        _estimate(arm, about[measured][0], measured, groups[measure, arm, measured])
        for measure, arm, measured in sorted(groups, key=lambda key: [*map(list.index, order, key)])
    ]


def model_names(summaries: Sequence[Summary]) -> dict[tuple[int, str], str]:
    """Return what each measured model is called, by iteration and format, in the order in which they are shown."""
    return measured_names(summaries, lambda summary: [*summary.held_out, *summary.scored])


def trained(found: Sequence[Estimate]) -> list[Estimate]:
    """Return the estimates of models that were trained."""
    return [estimate for estimate in found if estimate.iteration]


def is_fair_base(estimate: Estimate, found: Sequence[Estimate]) -> bool:
    """Return whether an estimate is of the base model asked in the format in which trained models are."""
    formats = {each.format for each in found if each.iteration and each.measure == estimate.measure}
    return not estimate.iteration and estimate.format in formats


def iteration_labels(summaries: Sequence[Summary]) -> dict[int, str]:
    """Return the label of each iteration, that of the base model included."""
    return {0: "base", **labels(summaries)}


def numbers(found: Sequence[Estimate]) -> list[dict[str, Any]]:
    """Return estimates as lines of a table, with a column of what is reported where that is of any."""
    shown = (*SHOWN, REPORTED) if any(each.reported is not None for each in found) else SHOWN
    return [{name: getattr(estimate, name) for name in shown} for estimate in found]


def as_text(estimate: Estimate, best: bool = False) -> str:
    """Return an estimate as a cell of a table, in bold print where it is the best one."""
    digits, factor = _written(estimate)
    mean = f"{factor * estimate.mean:.{digits}f}"
    text = f"**{mean}**" if best else mean
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} ({factor * estimate.low:.{digits}f} to {factor * estimate.high:.{digits}f})"


def reported_as_text(estimate: Estimate) -> str:
    """Return what is reported as a cell of a table."""
    digits, factor = _written(estimate)
    return NOTHING if estimate.reported is None else f"{factor * estimate.reported:.{digits}f}"


def _written(estimate: Estimate) -> tuple[int, int]:
    """Return with how many digits a measure is written, and times what: shares stand in percent."""
    return (1, 100) if estimate.unit == "share" else (2, 1)


def best_of(found: Sequence[Estimate]) -> set[Estimate]:
    """Return the best estimates of one measure; none where more need not be better, nor less."""
    judged = [estimate for estimate in found if estimate.higher_is_better is not None]
    if not judged:
        return set()
    best = (max if judged[0].higher_is_better else min)(estimate.mean for estimate in judged)
    return {estimate for estimate in judged if estimate.mean == best}


def levels(found: Sequence[Estimate]) -> dict[str, list[float]]:
    """Return the means of measured models by what these are called."""
    means: dict[str, list[float]] = {}
    for estimate in found:
        means.setdefault(estimate.measured, []).append(estimate.mean)
    return means


def axis_of(estimate: Estimate) -> str:
    """Return what an axis is called that shows a measure."""
    if estimate.unit == "share":
        return f"share of {estimate.asked}"
    return "points" if estimate.unit == "points" else f"mean length ({estimate.unit})"


def column_of(measure: str, found: Sequence[Estimate]) -> str:
    """Return what a table's column is called that shows a measure: shares are written in percent."""
    units = {estimate.measure: estimate.unit for estimate in found}
    return f"{measure} (%)" if units[measure] == "share" else measure


def counted(found: Sequence[Estimate]) -> str:
    """Return what intervals are over, and how many tasks and seeds there are, as a caption says it."""
    seeds = sorted({estimate.seeds for estimate in trained(found)} or {estimate.seeds for estimate in found})
    asked = {
        kind: sorted({each.tasks for each in found if each.asked == kind and each.tasks is not None})
        for kind in dict.fromkeys(estimate.asked for estimate in found)
    }
    over = [f"n = {', '.join(f'{_listed(tasks)} {kind}' for kind, tasks in asked.items() if tasks)}"]
    over = over if any(asked.values()) else []
    over.append("one seed of each arm" if seeds == [1] else f"{_listed(seeds)} seeds of each arm")
    whats = f"the {' or '.join(kind.removeprefix('held-out ') for kind in asked)}"
    if seeds == [1]:
        kind = f"over {whats}"
    elif seeds[0] == 1:
        kind = f"over seeds, and over {whats} where there is one seed"
    else:
        kind = f"over seeds; those of the base model are over {whats}"
    return f"{', '.join(over)}; 95 % intervals {kind}."


def _listed(counts: Sequence[int]) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _estimate(arm: str, iteration: int, measured: str, results: Sequence[Result]) -> Estimate:
    import pandas as pd

    first = results[0]
    about = (arm, iteration, measured, first.measure, first.unit)
    more = (first.tasks, first.asked, first.format, first.higher_is_better)
    same_base = not iteration and all(result == first for result in results)
    if len(results) == 1 or same_base:
        return Estimate(*about, first.value, first.low, first.high, 1, *more)
    frame = pd.DataFrame({"arm": arm, "value": [result.value for result in results]})
    (row,) = over_seeds(frame, "arm")
    mean, half = row["mean"], row["half"]
    return Estimate(*about, mean, round(mean - half, 4), round(mean + half, 4), row["seeds"], *more)
