"""What benchmarks and a judge say of a model: titled numbers with 95 % intervals, read from the files of scoring."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, model_validator

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json
from scripts.lib.rows.grades import DIGITS, wilson
from scripts.lib.rows.shapes import Shape, check_shape

KINDS = {"benchmarks": "benchmarks", "judged": "judged quality"}
"""The lists of a summary that hold scores, and what these are called."""
Z = 1.96
"""Standard errors from a mean to the end of its 95 % interval."""
STDERR = "_stderr"
"""What lm-eval puts behind the name of a metric, and before that of a filter, for the metric's standard error."""
REMEDY = "delete the file and make it again"
AGAINST_REFERENCES = {
    "win_rate": "win rate against references",
    "weighted_win_rate": "weighted win rate",
    "length_controlled_win_rate": "length-controlled win rate",
    "agreement_of_orders": "agreement of the judge's two orders",
}
OF_THE_JUDGE = ("agreement_of_orders",)
"""What says something of the judge, and nothing of the model."""

Interval = Annotated[list[float], Field(min_length=2, max_length=2)]


class Score(Shape):
    """One number about a model: a share of `total` documents or questions, or points on a scale of its own.

    `value` is null where nothing could be read that it would be of; `interval` where nobody knows it. `of_model` is
    false for what tells of the judge alone, `higher_is_better` null where the benchmark does not say.
    """

    title: str = Field(min_length=1)
    value: float | None
    interval: Interval | None
    total: int | None = Field(ge=0)
    unit: Literal["share", "points"]
    higher_is_better: bool | None = None
    of_model: bool = True

    @model_validator(mode="after")
    def _interval_holds_the_value(self) -> "Score":
        if self.value is None and self.interval is not None:
            raise ValueError("there is an interval and no value")
        if self.value is not None and self.interval is not None:
            low, high = self.interval
            if not low <= self.value <= high:
                raise ValueError(f"the interval {low} to {high} does not hold the value {self.value}")
        return self


class Benchmark(Shape):
    """What one benchmark, or one way of judging, says of an iteration's model, its first score the main one.

    `format` is that in which the model was asked; `unreadable` counts verdicts that are in no score.
    """

    iteration: int = Field(ge=0)
    format: str
    scores: list[Score]
    unreadable: int = Field(0, ge=0)


class _Task(Shape):
    format: str
    documents: int = Field(ge=0)
    metrics: dict[str, dict[str, float | None]]
    shares: list[str]
    num_fewshot: dict[str, int | None]
    higher_is_better: dict[str, dict[str, bool | None]]


class _Share(Shape):
    share: float | None
    interval: Interval | None


class _Mean(Shape):
    number: int = Field(ge=0)
    mean: float | None
    interval: Interval | None


class _Pairwise(Shape):
    questions: int = Field(ge=0)
    unreadable: int = Field(ge=0)
    win_rate: _Share
    weighted_win_rate: _Mean
    length_controlled_win_rate: _Share
    agreement_of_orders: _Share | None = None


class _TwoTurns(Shape):
    unreadable: int = Field(ge=0)
    score: _Mean
    turns: dict[str, _Mean]


def read_benchmark(file: Path, iteration: int) -> Benchmark:
    """Return the metrics of a task of lm-eval as scores; raises UserError naming what in the file is not so.

    Of a group these are the metrics of the group as a whole, if it has any, else those of each of its tasks.
    """
    found = _checked(_Task, file)
    whole = {file.stem: found.metrics[file.stem]} if found.metrics.get(file.stem) else found.metrics
    scores = [
        _metric(found, file.stem, task, name, value)
        for task, metrics in whole.items()
        for name, value in metrics.items()
        if not name.partition(",")[0].endswith(STDERR)
    ]
    return Benchmark(iteration=iteration, format=found.format, scores=scores)


def _metric(found: _Task, benchmark: str, task: str, name: str, value: float | None) -> Score:
    metric, comma, chosen = name.partition(",")
    share = name in found.shares
    only = len(found.metrics) == 1 or task == benchmark
    shots = found.num_fewshot.get(task)
    called = f"{benchmark}{'' if only else f', {task}'}{f' ({shots}-shot)' if shots else ''}"
    error = found.metrics[task].get(f"{metric}{STDERR}{comma}{chosen}")
    return Score(
        title=f"{called}: {metric}{f' ({chosen})' if chosen else ''}",
        value=None if value is None else round(value, DIGITS),
        interval=None if value is None or error is None else _interval(value, error, found.documents, share),
        total=found.documents if only else None,
        unit="share" if share else "points",
        higher_is_better=found.higher_is_better.get(task, {}).get(metric),
    )


def _interval(value: float, error: float, documents: int, share: bool) -> list[float]:
    """Return the interval of a metric: Wilson's of a share of documents that are right or wrong, else a normal one.

    The standard error tells which it is; the normal interval of a share near 0 or 1 would be too narrow.
    """
    right = round(value * documents)
    binomial = math.sqrt(value * (1 - value) / max(1, documents - 1)) if share else -1.0
    if math.isclose(value * documents, right, abs_tol=1e-6) and math.isclose(error, binomial, abs_tol=1e-6):
        return wilson(right, documents)
    low, high = value - Z * error, value + Z * error
    ends = (max(0.0, low), min(1.0, high)) if share else (low, high)
    return [round(end, DIGITS) for end in ends]


def read_judged(file: Path, iteration: int) -> Benchmark:
    """Return what a judge says of a model, by pairwise.json or two_turns.json; raises UserError as read_benchmark."""
    readers = {"pairwise": _pairwise, "two_turns": _two_turns}
    if file.stem not in readers:
        raise UserError(f"{file}: no way of judging is called {file.stem!r}; there are {', '.join(readers)}")
    scores, unreadable = readers[file.stem](file)
    # Judged answers are given in the chat template, those of the base model, too.
    return Benchmark(iteration=iteration, format="chat", scores=scores, unreadable=unreadable)


def _pairwise(file: Path) -> tuple[list[Score], int]:
    found = _checked(_Pairwise, file)
    readable = found.questions - found.unreadable
    scores = []
    for name, title in AGAINST_REFERENCES.items():
        if (share := getattr(found, name)) is not None:
            value = share.mean if isinstance(share, _Mean) else share.share
            about: dict[str, Any] = {
                "title": title,
                "value": value,
                "interval": share.interval,
                "total": readable,
                "unit": "share",
            }
            of_judge = name in OF_THE_JUDGE
            scores.append(Score(**about, higher_is_better=None if of_judge else True, of_model=not of_judge))
    return scores, found.unreadable


def _two_turns(file: Path) -> tuple[list[Score], int]:
    found = _checked(_TwoTurns, file)
    by_turn = {f"score of turn {turn}": mean for turn, mean in found.turns.items()}
    scores = {"score over two turns": found.score, **by_turn}
    return [_points(title, mean) for title, mean in scores.items()], found.unreadable


def _points(title: str, mean: _Mean) -> Score:
    about: dict[str, Any] = {"value": mean.mean, "interval": mean.interval, "total": mean.number}
    return Score(title=title, **about, unit="points", higher_is_better=True)


def _checked(shape: type[Any], file: Path) -> Any:
    content = read_json(file)
    check_shape(TypeAdapter(shape), content, str(file), REMEDY)
    return shape.model_validate(content)


def known_scores(benchmarks: Iterable[tuple[str, Benchmark]]) -> dict[str, Score]:
    """Return every score by its title, as the first benchmark has it that has it, each with whose it is.

    Raises UserError if two of them give a score of one title in different units.
    """
    found: dict[str, tuple[str, Score]] = {}
    for place, score in ((place, score) for place, benchmark in benchmarks for score in benchmark.scores):
        first, known = found.setdefault(score.title, (place, score))
        if known.unit != score.unit:
            raise UserError(
                f"{place}: the unit of {score.title!r} is {score.unit} here, and {known.unit} in {first}; "
                "score both with the same task"
            )
    return {title: score for title, (_, score) in found.items()}


def main_scores(benchmarks: Sequence[Benchmark]) -> list[str]:
    """Return the titles of what each benchmark is first of all measured by."""
    return list(dict.fromkeys(each.scores[0].title for each in benchmarks if each.scores))


def by_model(benchmarks: Sequence[Benchmark], names: Mapping[tuple[int, str], str]) -> dict[str, dict[str, Score]]:
    """Return the scores of each measured model by their titles; `names` says what models are called, in order."""
    found: dict[str, dict[str, Score]] = {name: {} for name in names.values()}
    for each in benchmarks:
        found[names[each.iteration, each.format]].update((score.title, score) for score in each.scores)
    return {name: scores for name, scores in found.items() if scores}


def unreadable_lines(benchmarks: Sequence[Benchmark], names: Mapping[tuple[int, str], str]) -> Iterator[str]:
    """Yield a line for each model of which verdicts could not be read."""
    for (iteration, format_name), name in names.items():
        own = [each for each in benchmarks if (each.iteration, each.format) == (iteration, format_name)]
        if number := sum(each.unreadable for each in own):
            yield f"{name}: {number} verdicts could not be read, and are in no score"
