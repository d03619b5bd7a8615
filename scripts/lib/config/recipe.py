"""What a recipe is: one table that says what its iterations are, who runs their steps, and what each file depends on.

Rules, status, summary and comparison read it; none of them knows a recipe by name.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.lib.errors import UserError

MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"

FORMATS = {"base": "base format", "chat": "chat format"}
"""The formats in which any model can be asked, and what its measurement in each is called."""

Settings = Any
"""The settings of one model: a recipe reads its own chapter and the shared ones."""


@dataclass(frozen=True)
class Source:
    """Something that an artifact is made from: another artifact, of the same iteration or an earlier one."""

    artifact: str
    iteration: int


@dataclass(frozen=True)
class Artifact:
    """Files of one model that are made together, and what they depend on.

    `files` lie in results/{model}/, `{iteration}` standing for the iteration; one that ends in "/" is a folder. Only
    what `settings` names (dotted keys, whole sections, or properties of them) and what `sources` names may decide
    what is in the files: models for which all of it is equal share them. A `goal` is made for its own sake (`where` a
    dotted key is set, if one is named), others for that of a goal. `work` are patterns of folders in work/{model}/
    that its jobs resume from: journals and checkpoints. `title` is the line of a table that it belongs to; that of a
    stage is the stage's.
    """

    name: str
    files: tuple[str, ...]
    settings: tuple[str, ...] = ()
    sources: Callable[[Settings, int], Iterable[Source]] = lambda settings, iteration: ()
    work: tuple[str, ...] = ()
    first: int = 1
    last: int | None = None
    goal: bool = False
    where: str = ""
    title: str = ""

    def files_of(self, iteration: int) -> tuple[str, ...]:
        """Return the files of one iteration."""
        return tuple(file.format(iteration=iteration) for file in self.files)

    def first_file(self, iteration: int) -> str:
        """Return the file that stands for all of one iteration: of a folder, its manifest."""
        first = self.files_of(iteration)[0]
        return f"{first}manifest.json" if first.endswith("/") else first

    def work_of(self, iteration: int) -> tuple[str, ...]:
        """Return the patterns of the folders of one iteration in work/{model}/."""
        return tuple(pattern.format(iteration=iteration) for pattern in self.work)

    def is_of(self, iteration: int) -> bool:
        """Return whether an iteration has this artifact."""
        return self.first <= iteration and (self.last is None or iteration <= self.last)

    def depends_on(self, setting: str) -> bool:
        """Return whether a dotted key is one of the settings, or lies in one of them."""
        return any(f"{setting}.".startswith(f"{declared}.") for declared in self.settings)


@dataclass(frozen=True)
class Stage:
    """What people count of an iteration: rows that stand in `{name}.jsonl` and `counts/{name}.json`.

    `steps` are the names of the generation steps behind it in order, of which a later one asks again for what an
    earlier one left open, or measures what it gave; `wanted` is how many rows are asked for, where that is a setting.
    """

    name: str
    title: str
    steps: Callable[[Settings], list[str]] = lambda settings: []
    wanted: Callable[[Settings], int] | None = None


@dataclass(frozen=True)
class Step:
    """Steps `{name}` or `{name}_{number}`, in which the model that plays `role` is asked, for an artifact's sake."""

    name: str
    role: str
    artifact: str

    def claims(self, step: str) -> bool:
        """Return whether a step is one of these."""
        return re.fullmatch(rf"{self.name}(_\d+)?", step) is not None


@dataclass(frozen=True)
class Beside:
    """A role that a model of another name may play, by dotted keys: which model, and what it runs with.

    Where the second is null, it runs with what the model runs with.
    """

    chosen: str
    engine: str


@dataclass(frozen=True)
class Iteration:
    """One iteration: what is counted in it in order, how it trains, and the role of the model that it starts from."""

    stages: tuple[Stage, ...]
    training: str
    start: str


@dataclass(frozen=True)
class Recipe:
    """A way of raising a model.

    `stages` are all that an iteration can have, in order; `iteration` tells what one is, `label` what it is called,
    `roles` in which iteration the model came to be that plays a role, `beside` the roles by which rows are made and
    that a model of another name may play, `most_iterations` how many there are at most (None: as many as asked for),
    `yield_of` the rows of which stage, of those of which other, are the share kept (None: no rows are made, of which a
    share could be), `did` and `made` what a sentence says of these others. `formats` are those in which models answer
    held-out tasks (artifacts `held_out_{format}`), in the order in which they are shown, and what a measurement in
    each is called.
    """

    name: str
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    artifacts: tuple[Artifact, ...]
    iteration: Callable[[Settings, int], Iteration]
    roles: Mapping[str, Callable[[Settings, int], int]]
    beside: Mapping[str, Beside] = field(default_factory=dict)
    yield_of: tuple[str, str] | None = None
    did: str = "gave"
    made: str = "answer"
    most_iterations: int | None = None
    label: Callable[[int], str] = "iter{}".format
    formats: Mapping[str, str] = field(default_factory=lambda: FORMATS)

    def step(self, name: str) -> Step:
        """Return the entry of the table that claims a step; raises UserError if none does."""
        for step in self.steps:
            if step.claims(name):
                return step
        raise UserError(
            f"the recipe {self.name!r} has no step {name!r}; its steps are "
            f"{', '.join(step.name for step in self.steps)} (with a number behind them where they are repeated)"
        )

    def model_of(self, role: str, settings: Settings, iteration: int) -> int:
        """Return the iteration whose model plays a role in this iteration; raises UserError for an unknown role."""
        if role not in self.roles:
            raise UserError(f"the recipe {self.name!r} has no role {role!r}; its roles are {', '.join(self.roles)}")
        return self.roles[role](settings, iteration)
