"""What summary.json tells of a model, as far as models are compared by it, and the grades in it: checked as read."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

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


class Accuracy(_Part):
    """A share of right answers, and its interval over the tasks or rows that were graded."""

    accuracy: Share
    interval: list[Share] = Field(min_length=2, max_length=2)


class Grades(_Part):
    """How many answers are right, by either measure."""

    strict: Accuracy
    first_line: Accuracy


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


class Summary(_Part):
    """One model: which arm and seed it is, what was made in each iteration, and what it can do."""

    model: str
    recipe: str
    arm: str
    seed: int | None
    iterations: Annotated[list[Iteration], Field(min_length=1), _once("iteration")]
    held_out: Annotated[list[HeldOut], _once("iteration", "format")]

    @model_validator(mode="after")
    def _what_is_measured_was_trained(self) -> "Summary":
        trained = {each.iteration for each in self.iterations}
        if unknown := [each.iteration for each in self.held_out if each.iteration not in {0, *trained}]:
            raise ValueError(f"held_out: iteration {unknown[0]} is none of the iterations")
        return self


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
