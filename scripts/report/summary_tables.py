"""The tables of a summary, as text: rows at each stage, held-out accuracies and measures, and scores of benchmarks."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from scripts.lib.config.recipe import Recipe
from scripts.report.benchmarks import KINDS, Benchmark, Score, by_model, unreadable_lines
from scripts.report.measured import heading, scored_models
from scripts.report.summaries import HeldOut, Measure

ACCURACIES = ("strict", "first_line")
COLUMN = 24
"""Characters in which the title of a further measure stands above its column."""

Results = Sequence[tuple[str, HeldOut]]
"""What was measured: what the model is called, and its result."""


def row_table(iterations: Sequence[dict[str, Any]], recipe: Recipe) -> str:
    """Return the rows at each stage, a column per iteration, the share that was kept, and how many are right."""
    stages = [{stage["name"]: stage for stage in iteration["stages"]} for iteration in iterations]
    present = {name for found in stages for name in found}
    titles = {stage.name: stage.title for stage in recipe.stages if stage.name in present}
    lines = [
        [title, *(found[name]["rows"] if name in found else "-" for found in stages)] for name, title in titles.items()
    ]
    if recipe.yield_of and set(recipe.yield_of) <= titles.keys():
        lines.append(["share kept", *(share_kept(found, *recipe.yield_of) for found in stages)])
    for name, title in titles.items():
        if any("right" in found.get(name, {}) for found in stages):
            lines.append([f"right, {title}", *(right_share(found.get(name, {})) for found in stages)])
    return aligned([["rows", *(iteration["label"] for iteration in iterations)], *lines])


def share_kept(stages: Mapping[str, dict[str, Any]], kept: str, of: str) -> str:
    """Return the share of one stage's rows in another's; nothing of an iteration that has not both."""
    if kept not in stages or of not in stages:
        return "-"
    return f"{stages[kept]['rows'] / max(1, stages[of]['rows']):.0%}"


def right_share(stage: dict[str, Any]) -> str:
    """Return the share of a stage's rows that are strictly right."""
    return f"{stage['right']['strict']['accuracy']:.0%}" if "right" in stage else "-"


def shared_lines(iterations: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each iteration that shares rows with other models."""
    for iteration in iterations:
        owners: dict[str, list[str]] = {}
        titles = {stage["name"]: stage["title"] for stage in iteration["stages"]}
        for stage, owner in iteration["shared_with"].items():
            owners.setdefault(owner, []).append(titles[stage])
        for owner, names in owners.items():
            yield f"{iteration['label']}: shared with {owner}: {', '.join(names)}"


def held_out_tables(results: Results, measures: Mapping[str, Measure]) -> Iterator[str]:
    """Yield the accuracies and, where a grader gave any, the further measures, each with an empty line below."""
    if results:
        yield from (accuracy_table(results), "")
    if measures:
        yield from (measure_table(results, measures), "")


def accuracy_table(results: Results) -> str:
    """Return the held-out accuracies with their 95 % intervals, a line per model."""
    lines = [["held-out accuracy", *(measure.replace("_", " ") for measure in ACCURACIES)]]
    for name, result in results:
        found = (getattr(result, measure) for measure in ACCURACIES)
        lines.append([name, *(in_percent(each.accuracy, each.interval) for each in found)])
    return aligned(lines)


def measure_table(results: Results, measures: Mapping[str, Measure]) -> str:
    """Return the further measures with their 95 % intervals, a line per model and a column per measure."""
    titles = [textwrap.fill(heading(measure), COLUMN) for measure in measures.values()]
    lines = [
        [name, *(measured(result.measures[each]) if each in result.measures else "-" for each in measures)]
        for name, result in results
    ]
    return aligned([["held-out measures", *titles], *lines])


def measured(measure: Measure) -> str:
    """Return a measure with its interval."""
    if measure.unit == "share":
        return in_percent(measure.value, measure.interval)
    low, high = measure.interval
    return f"{measure.value:.1f} ({low:.1f}-{high:.1f})"


def score_tables(scored: Mapping[str, Sequence[Benchmark]], recipe: Recipe) -> Iterator[str]:
    """Yield the scores of benchmarks and of a judge, each with what could not be read and an empty line below."""
    for kind, found in scored.items():
        if found:
            names = scored_models(recipe, found)
            yield score_table(KINDS[kind], by_model(found, names))
            yield from (*unreadable_lines(found, names), "")


def score_table(title: str, models: Mapping[str, Mapping[str, Score]]) -> str:
    """Return scores with their 95 % intervals, a line per score and a column per model."""
    titles = dict.fromkeys(name for scores in models.values() for name in scores)
    lines = [[name, *(score_cell(scores.get(name)) for scores in models.values())] for name in titles]
    return aligned([[title, *models], *lines])


def score_cell(score: Score | None) -> str:
    """Return a score with its interval, where it has one."""
    if score is None or score.value is None:
        return "-"
    form = ".1%" if score.unit == "share" else ".2f"
    value = f"{score.value:{form}}"
    return value if score.interval is None else f"{value} ({score.interval[0]:{form}}-{score.interval[1]:{form}})"


def in_percent(share: float, interval: Sequence[float]) -> str:
    """Return a share with its interval."""
    return f"{share:.1%} ({interval[0]:.1%}-{interval[1]:.1%})"


def aligned(lines: Sequence[Sequence[object]]) -> str:
    """Return cells as lines of text, the first column to the left and the others to the right."""
    columns = max(len(line) for line in lines) - 1
    return tabulate(lines, tablefmt="plain", colalign=("left", *["right"] * columns), disable_numparse=True)
