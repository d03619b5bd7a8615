"""The numbers of a comparison: what the models of an arm come to over their seeds, and how arms differ.

Intervals are 95 % t intervals over the seeds of an arm; differences between arms are paired by seed. The held-out
tasks are the same for all models, so that an interval says how sure an effect is on these tasks; the base model's own
is the Wilson interval over tasks. No p value is corrected for how many there are.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import pandas as pd

from scripts.recipes import RECIPES
from scripts.report.benchmarks import Benchmark
from scripts.report.comparison_benchmarks import of_benchmarks
from scripts.report.comparison_measures import Names, of_measures
from scripts.report.measured import measured_model
from scripts.report.over_seeds import Row, over_seeds
from scripts.report.paired import Value, differences, frame, gains, steps
from scripts.report.summaries import CHAT, HeldOut, Summary

Numbers = dict[str, list[Row]]
Key = TypeVar("Key", bound=Hashable)

MEASURES = {"strict": "strictly right", "first_line": "right in the first line"}


def _held_out(summary: Summary) -> list[HeldOut]:
    return summary.held_out


def compare(summaries: Sequence[Summary]) -> Numbers:
    """Return every number of the tables, by table, each in the order in which it is shown."""
    titles = stage_titles(summaries)
    names = measured_names(summaries)
    accuracy = frame(summaries, "measure", _accuracies)
    trained = accuracy[accuracy["iteration"] > 0]
    return {
        "arms": arms(summaries),
        "iterations": [{"iteration": number, "label": label} for number, label in labels(summaries).items()],
        "stages": [{"stage": stage, "title": title} for stage, title in titles.items()],
        "measured": [
            {"measured": name, "iteration": number, "format": format_name}
            for (number, format_name), name in names.items()
        ],
        "base": bases(summaries, names),
        "accuracy": over_seeds(trained, "measure", "iteration", "arm"),
        "gain": gains(accuracy),
        "step": steps(trained),
        "difference": differences(trained),
        **of_measures(summaries, names),
        **of_benchmarks(summaries, measured_names(summaries, lambda summary: summary.scored)),
        "right": over_seeds(frame(summaries, "stage", _right, titles), "stage", "iteration", "arm"),
        "rows": over_seeds(frame(summaries, "stage", _rows, titles), "iteration", "stage", "arm"),
        "score": over_seeds(frame(summaries, "criterion", _scores), "iteration", "criterion", "arm"),
        "loss": over_seeds(frame(summaries, "kind", _losses), "iteration", "kind", "arm"),
        "family": over_seeds(_first_and_last(frame(summaries, "family", _families)), "family", "iteration", "arm"),
    }


def arms(summaries: Sequence[Summary]) -> list[Row]:
    """Return the arms in the order of the summaries, each with its models and what tells them apart."""
    found: dict[str, list[Summary]] = {}
    for summary in summaries:
        found.setdefault(summary.arm, []).append(summary)
    return [
        {
            "arm": arm,
            "models": [model.model for model in models],
            "recipes": list(dict.fromkeys(model.recipe for model in models)),
            "seeds": [model.seed for model in models],
            "iterations": sorted({len(model.iterations) for model in models}),
        }
        for arm, models in found.items()
    ]


def labels(summaries: Sequence[Summary]) -> dict[int, str]:
    """Return the label of each iteration, all of them where models call it differently."""
    found: dict[int, list[str]] = {}
    for each in (iteration for summary in summaries for iteration in summary.iterations):
        found.setdefault(each.iteration, []).append(each.label)
    return _distinct({number: " / ".join(dict.fromkeys(found[number])) for number in sorted(found)})


def stage_titles(summaries: Sequence[Summary]) -> dict[str, str]:
    """Return the title of each stage that any model has, in the order in which models have them.

    A stage that the models before have not stands before the first one that follows it, or else at the end.
    """
    titles: dict[str, str] = {}
    order: list[str] = []
    for stages in (iteration.stages for summary in summaries for iteration in summary.iterations):
        for place, stage in enumerate(stages):
            if stage.name not in titles:
                following = [order.index(later.name) for later in stages[place:] if later.name in titles]
                order.insert(min(following, default=len(order)), stage.name)
                titles[stage.name] = stage.title
    return _distinct({name: titles[name] for name in order})


def measured_names(
    summaries: Sequence[Summary], results: Callable[[Summary], Iterable[HeldOut | Benchmark]] = _held_out
) -> dict[tuple[int, str], str]:
    """Return what each measured model is called, by iteration and format, in the order in which they are shown.

    Models are those with results on held-out tasks, or with others that `results` gives.
    """
    formats = list(dict.fromkeys(name for summary in summaries for name in RECIPES[summary.recipe].formats))
    found: dict[tuple[int, str], list[str]] = {}
    for summary in summaries:
        for each in results(summary):
            name = measured_model(RECIPES[summary.recipe], each.iteration, each.format)
            found.setdefault((each.iteration, each.format), []).append(name)
    order = sorted(found, key=lambda key: (key[0], formats.index(key[1])))
    return _distinct({key: " / ".join(dict.fromkeys(found[key])) for key in order})


def bases(summaries: Sequence[Summary], names: Names) -> list[Row]:
    """Return what each arm starts from, by measure and format: one result, or more if its base models differ."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    measured = [(summary.arm, result) for summary in summaries for result in summary.held_out if not result.iteration]
    for measure in MEASURES:
        for arm, base in measured:
            results = found.setdefault((measure, base.format, arm), [])
            result = getattr(base, measure).model_dump()
            if result not in results:
                results.append(result)
    return [
        {"measure": measure, "format": name, "measured": names[0, name], "arm": arm, "results": results}
        for (measure, name, arm), results in found.items()
    ]


def _first_and_last(values: pd.DataFrame) -> pd.DataFrame:
    last = values.groupby("arm", observed=True)["iteration"].transform("max")
    return values[(values["iteration"] == 0) | (values["iteration"] == last)]


def _accuracies(summary: Summary) -> Iterator[Value]:
    for result in _in_chat_format(summary):
        yield from ((result.iteration, measure, getattr(result, measure).accuracy) for measure in MEASURES)


def _families(summary: Summary) -> Iterator[Value]:
    for result in _in_chat_format(summary):
        yield from ((result.iteration, family, share) for family, share in result.families.items())


def _in_chat_format(summary: Summary) -> list[HeldOut]:
    return [result for result in summary.held_out if result.format == CHAT]


def _right(summary: Summary) -> Iterator[Value]:
    for each in summary.iterations:
        for stage in each.stages:
            if stage.right is not None:
                yield each.iteration, stage.name, stage.right.strict.accuracy


def _rows(summary: Summary) -> Iterator[Value]:
    for each in summary.iterations:
        yield from ((each.iteration, stage.name, stage.rows) for stage in each.stages)


def _scores(summary: Summary) -> Iterator[Value]:
    for each in summary.iterations:
        yield from ((each.iteration, criterion, score) for criterion, score in each.mean_scores.items())


def _losses(summary: Summary) -> Iterator[Value]:
    for each in summary.iterations:
        for kind, loss in each.loss:
            if loss is not None:
                yield each.iteration, kind, loss


def _distinct(names: Mapping[Key, str]) -> dict[Key, str]:
    """Return the names, each with its key behind it if it would otherwise stand for several."""
    count = Counter(names.values())
    return {key: name if count[name] == 1 else f"{name} ({key})" for key, name in names.items()}
