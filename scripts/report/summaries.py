"""What summary.json tells of a model, as far as models are compared by it, and the grades in it: checked as read."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json
from scripts.lib.rows.shapes import check_shape
from scripts.recipes import RECIPES
from scripts.report.benchmarks import Benchmark

CHAT = "chat"
"""The format in which every model is measured, and so the base model's fair one to be compared with."""

Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    """A part of a summary; fields that a comparison has no use for are passed over."""

    model_config = ConfigDict(strict=True, frozen=True)


def _once(*fields: str) -> AfterValidator:
    """Return a check that no two parts of a list are equal in all of these fields."""

    def check(parts: list[_Part]) -> list[_Part]:
        names = [", ".join(f"{field} {getattr(part, field)}" for field in fields) for part in parts]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]} occurs twice")
        return parts

    return AfterValidator(check)


def _check_interval(value: float, interval: list[float]) -> None:
    low, high = interval
    if not low <= value <= high:
        raise ValueError(f"the interval {low} to {high} does not hold the value {value}")


class Accuracy(_Part):
    """A share of right answers, and its interval over the tasks or rows that were graded."""

    accuracy: Share
    interval: list[Share] = Field(min_length=2, max_length=2)
    total: int | None = Field(None, ge=0, exclude=True)
    """How many these are, where the grader says so."""

    @model_validator(mode="after")
    def _interval_holds_the_accuracy(self) -> "Accuracy":
        _check_interval(self.accuracy, self.interval)
        return self


class Grades(_Part):
    """How many answers are right, by either measure."""

    strict: Accuracy
    first_line: Accuracy


class Measure(_Part):
    """A further measure of a grader's own: a share of the `total` tasks that it counts, or a mean length of replies.

    The interval is one over these tasks: Wilson's of a share, the t interval of a mean.
    """

    title: str = Field(min_length=1)
    value: FiniteFloat = Field(ge=0)
    interval: list[FiniteFloat] = Field(min_length=2, max_length=2)
    total: int = Field(ge=0)
    unit: Literal["share", "words", "characters"]

    @model_validator(mode="after")
    def _interval_holds_the_value(self) -> "Measure":
        _check_interval(self.value, self.interval)
        low, high = self.interval
        if self.unit == "share" and not 0 <= low <= high <= 1:
            raise ValueError(f"the interval of a share lies between 0 and 1, and not from {low} to {high}")
        return self


class Stage(_Part):
    """The rows of one stage of an iteration, and how many of them are right where a grader looked."""

    name: str
    title: str
    rows: int = Field(ge=0)
    right: Grades | None = None


class Loss(_Part):
    """Where a training ended; there is no validation loss where no rows were held back for it."""

    training: FiniteFloat
    validation: FiniteFloat | None


class Iteration(_Part):
    """One iteration that trains."""

    iteration: int = Field(ge=1)
    label: str
    stages: Annotated[list[Stage], _once("name")]
    mean_scores: dict[str, FiniteFloat]
    loss: Loss
    shared_with: dict[str, str] = {}


class HeldOut(Grades):
    """What the model of an iteration (0: the base model) makes of the held-out tasks, asked in one format."""

    iteration: int = Field(ge=0)
    format: str
    families: dict[str, Share]
    strictly_right: list[str] | None = None
    """The ids of the tasks that were, by which two models are compared task by task; None: the grader names none."""
    measures: dict[str, Measure] = {}


def _known(recipe: str) -> str:
    if recipe not in RECIPES:
        raise ValueError(f"there is no recipe {recipe!r}")
    return recipe


class Summary(_Part):
    """One model: which arm and seed it is, what was made in each iteration, and what it can do."""

    model: str
    recipe: Annotated[str, AfterValidator(_known)]
    arm: str
    seed: int | None
    iterations: Annotated[list[Iteration], Field(min_length=1), _once("iteration")]
    held_out: Annotated[list[HeldOut], _once("iteration", "format")]
    benchmarks: list[Benchmark] = []
    judged: list[Benchmark] = []

    @model_validator(mode="after")
    def _what_is_measured_was_trained(self) -> "Summary":
        trained = {each.iteration for each in self.iterations}
        for name, results in self._measured().items():
            if unknown := [each.iteration for each in results if each.iteration not in {0, *trained}]:
                raise ValueError(f"{name}: iteration {unknown[0]} is none of the iterations")
        return self

    @model_validator(mode="after")
    def _recipe_knows_the_formats(self) -> "Summary":
        formats = RECIPES[self.recipe].formats
        for name, results in self._measured().items():
            if unknown := [each.format for each in results if each.format not in formats]:
                raise ValueError(f"{name}: the recipe {self.recipe!r} has no format {unknown[0]!r}")
        return self

    @property
    def scored(self) -> list[Benchmark]:
        """What benchmarks and a judge say of its models."""
        return [*self.benchmarks, *self.judged]

    def _measured(self) -> dict[str, Sequence[HeldOut | Benchmark]]:
        return {"held_out": self.held_out, "benchmarks": self.benchmarks, "judged": self.judged}


def read_summaries(files: Iterable[Path]) -> list[Summary]:
    """Return the summaries of models; raises UserError naming a file that is broken, or two of one arm and seed."""
    places: dict[tuple[str, int | None], Path] = {}
    found = []
    for file in files:
        summary = _read(file)
        case = (summary.arm, summary.seed)
        if case in places:
            raise UserError(
                f"{file}: arm {summary.arm!r} with seed {summary.seed}, as is {places[case]}; "
                "name each model once, and give models of one arm different seeds"
            )
        places[case] = file
        found.append(summary)
    return found


class _FamilyShare(_Part):
    """The share of right answers to the tasks of one family."""

    accuracy: Share


class _FamilyGrades(_Part):
    """That share by the stricter measure."""

    strict: _FamilyShare


class _Graded(Grades):
    """What a grader writes: of all answers and, for held-out tasks, of each family."""

    families: dict[str, _FamilyGrades] = {}
    strictly_right: list[str] | None = None
    measures: dict[str, Measure] = {}


_GRADED: TypeAdapter[Any] = TypeAdapter(_Graded)


def read_grades(file: Path) -> dict[str, Any]:
    """Return what a grader has written; raises UserError naming what in it is not so."""
    grades: dict[str, Any] = read_json(file)
    check_shape(_GRADED, grades, str(file), "delete the file and make it again")
    return grades


def _read(file: Path) -> Summary:
    try:
        return Summary.model_validate(read_json(file))
    except ValidationError as error:
        places = (".".join(map(str, problem["loc"])) or "(the whole file)" for problem in error.errors())
        problems = (problem["msg"].removeprefix("Value error, ") for problem in error.errors())
        lines = [f"{file}: {place}: {message}" for place, message in zip(places, problems, strict=True)]
        raise UserError("\n".join(lines) + "; delete the file and make it again") from error
