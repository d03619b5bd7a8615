"""The numbers of a comparison that are of benchmarks and judged quality, as those of held-out accuracies.

A base model that scores the same for every seed is taken as exact, with its interval over documents or questions.
"""

from collections.abc import Iterator, Mapping, Sequence

from scripts.report.benchmarks import KINDS, Score, known_scores, main_scores
from scripts.report.over_seeds import Row, over_seeds
from scripts.report.paired import Value, differences, frame, gains, steps
from scripts.report.summaries import Summary

SCORE_TABLES = ("benchmark", "benchmark_gain", "benchmark_step", "benchmark_difference")
"""The tables of numbers whose rows are of scores: themselves, and how models differ in them."""


def of_benchmarks(summaries: Sequence[Summary], names: Mapping[tuple[int, str], str]) -> dict[str, list[Row]]:
    """Return the numbers of every table of scores; `names` says what scored models are called.

    Raises UserError if two models were given scores of one title in different units.
    """
    known = known_scores((summary.model, each) for summary in summaries for each in summary.scored)
    about = {
        score.title: {"kind": kind, "unit": known[score.title].unit}
        for kind in KINDS
        for summary in summaries
        for each in getattr(summary, kind)
        for score in each.scores
        if score.of_model
    }
    values = frame(summaries, "measure", _values, about)
    trained = values[values["iteration"] > 0]
    tables = {
        "benchmark": over_seeds(values, "measure", "iteration", "arm"),
        "benchmark_gain": gains(values),
        "benchmark_step": steps(trained),
        "benchmark_difference": sorted(differences(trained), key=lambda row: list(about).index(row["measure"])),
    }
    for row in (row for rows in tables.values() for row in rows):
        row |= about[row["measure"]]
    measured = _named(summaries, names)
    for row in (*tables["benchmark"], *tables["benchmark_gain"]):
        row["measured"] = measured[row["measure"], row["iteration"]]
    for row in tables["benchmark"]:
        row["interval"] = None if row["iteration"] else _base_interval(summaries, row)
    for row in tables["benchmark_gain"]:
        row["before"] = measured[row["measure"], 0]
    main = {title for summary in summaries for title in main_scores(summary.scored)}
    return {
        "benchmarks": [
            {"measure": title, **own, "main": title in main, "asked_alike": len(_formats(summaries, title)) == 1}
            for title, own in about.items()
        ],
        **tables,
    }


def _values(summary: Summary) -> Iterator[Value]:
    for each, score in _scores(summary):
        if score.value is not None:
            yield each, score.title, score.value


def _scores(summary: Summary) -> Iterator[tuple[int, Score]]:
    """Yield the scores of models, each with the iteration; what is said of a judge is no difference of models."""
    for each in summary.scored:
        yield from ((each.iteration, score) for score in each.scores if score.of_model)


def _formats(summaries: Sequence[Summary], title: str) -> set[str]:
    scored = (each for summary in summaries for each in summary.scored)
    return {each.format for each in scored if title in {score.title for score in each.scores}}


def _named(summaries: Sequence[Summary], names: Mapping[tuple[int, str], str]) -> dict[tuple[str, int], str]:
    """Return what the model of an iteration is called that has a score; all names where formats differ."""
    found: dict[tuple[str, int], list[str]] = {}
    for each in (each for summary in summaries for each in summary.scored):
        for score in each.scores:
            found.setdefault((score.title, each.iteration), []).append(names[each.iteration, each.format])
    return {key: " / ".join(dict.fromkeys(own)) for key, own in found.items()}


def _base_interval(summaries: Sequence[Summary], row: Row) -> list[float] | None:
    """Return the interval of a base model's score over what it was asked; none if an arm's bases differ."""
    found = [
        (score.value, score.interval)
        for summary in summaries
        if summary.arm == row["arm"]
        for iteration, score in _scores(summary)
        if not iteration and score.title == row["measure"]
    ]
    return found[0][1] if all(each == found[0] for each in found) else None
