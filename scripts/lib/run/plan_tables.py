"""A plan as tables: for each model, what of each stage and iteration is to be made, reused or shared."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.config.recipe import MODEL_NAME
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import read_counts
from scripts.lib.run.attempts import Hours, attempts_at, hours
from scripts.lib.run.dry_run import PlannedJob
from scripts.lib.run.telling import counted

FETCHED = "iter0/fetched.json"
"""What stands for the download of a base model in work/, which is no step of a recipe."""

NOT_ASKED_FOR = "-"


@dataclass(frozen=True)
class Made:
    """What a job makes: an artifact of a model, of one iteration."""

    model: str
    artifact: str
    iteration: int


class Plan:
    """The jobs of a dry run, put beside the models of their configuration."""

    def __init__(self, sharing: Sharing, jobs: Iterable[PlannedJob], folder: Path = Path()) -> None:
        self.sharing = sharing
        self.folder = folder
        self.jobs = list(jobs)
        placed = [(job, made(sharing, job)) for job in self.jobs]
        self.number = Counter(found for _, found in placed if found is not None)
        self.others = Counter(job.rule for job, found in placed if found is None)

    def models(self) -> list[Model]:
        """Return the models that have jobs."""
        names = {found.model for found in self.number}
        return [model for name, model in self.sharing.models.items() if name in names]

    def table(self, model: Model) -> list[list[str]]:
        """Return the titles of a model's table, and a line for each stage with a cell for each iteration."""
        titles = [model.name, *(model.recipe.label(number) if number else "base" for number in model.iterations)]
        lines = [
            [title, *(self._cell(model, names, iteration) for iteration in model.iterations)]
            for title, names in artifacts_by_title(model).items()
        ]
        return [titles, *(line for line in lines if {*line[1:]} - {"", NOT_ASKED_FOR})]

    def wanted(self) -> dict[str, int]:
        """Return how many rows are wanted of the stages to be made for which a setting says so, by their titles."""
        found: Counter[str] = Counter()
        for each in self.number:
            if (rows := self._wanted(each)) is not None:
                titles = {stage.name: stage.title for stage in self.sharing.models[each.model].recipe.stages}
                found[titles[each.artifact]] += rows
        return dict(found)

    def _wanted(self, each: Made) -> int | None:
        """Return how many rows are wanted of a stage; None of what is no stage, or has as many as come."""
        model = self.sharing.models[each.model]
        for stage in model.recipe.stages:
            if stage.name == each.artifact and stage.wanted is not None:
                return stage.wanted(model.settings)
        return None

    def _rows_there(self, owner: str, names: list[str], iteration: int) -> str:
        """Return, in brackets, how many rows a finished stage has kept; nothing of what is no stage."""
        for name in names:
            counts = self.folder / f"results/{owner}/iter{iteration}/counts/{name}.json"
            if counts.is_file():
                return f" ({counted(read_counts(counts)['kept'], 'row')})"
        return ""

    def earlier_hours(self, things: Iterable[Made] | None = None) -> Hours:
        """Return what earlier attempts at these steps and trainings took, where it is noted (default: all to make)."""
        return hours(
            {folder for each in (self.number if things is None else things) for folder in self._attempts(each)}
        )

    def _attempts(self, each: Made) -> Iterator[Path]:
        artifact = self.sharing.models[each.model].artifacts[each.artifact]
        work = self.folder / "work" / each.model
        for pattern in artifact.work_of(each.iteration):
            yield from work.glob(attempts_at(Path(pattern)).as_posix())

    def _cell(self, model: Model, names: list[str], iteration: int) -> str:
        """Return what is planned of the artifacts of one line, or else where they are; nothing if there are none."""
        planned = [thing for name in names if self.number[thing := Made(model.name, name, iteration)]]
        if planned:
            parts = [counted(sum(self.number[thing] for thing in planned), "job")]
            parts += [counted(rows, "row") for thing in planned if (rows := self._wanted(thing)) is not None]
            parts += [f"took {taken} before"] if (taken := self.earlier_hours(planned)) else []
            return f"to make ({', '.join(parts)})"
        there = [name for name in names if model.artifacts[name].is_of(iteration)]
        owners = {name: self.sharing.owner(model.name, name, iteration) for name in there}
        for name, owner in owners.items():
            made_already = self.folder / "results" / owner / model.artifacts[name].first_file(iteration)
            if owner != model.name and (made_already.is_file() or self.number[Made(owner, name, iteration)]):
                return f"shared → {owner}"
            if made_already.is_file():
                return f"reused{self._rows_there(owner, names, iteration)}"
        return NOT_ASKED_FOR if there else ""


def artifacts_by_title(model: Model) -> dict[str, list[str]]:
    """Return the names of a model's artifacts by the line that they belong to, lines in the order of their last one."""
    stages: Mapping[str, str] = {stage.name: stage.title for stage in model.recipe.stages}
    lines: dict[str, list[str]] = {}
    for artifact in model.artifacts.values():
        title = stages.get(artifact.name, artifact.title or artifact.name)
        lines[title] = [*lines.pop(title, []), artifact.name]
    return lines


def made(sharing: Sharing, job: PlannedJob) -> Made | None:
    """Return what a job makes, by the first of its outputs; None if it is no model's, or is only a link or a table."""
    match = re.fullmatch(rf"(results|work)/({MODEL_NAME})/(.*)", job.outputs[0])
    if match is None or match[2] not in sharing.models:
        return None
    top, name, file = match.groups()
    model = sharing.models[name]
    try:
        artifact, iteration = kept_as(model, file) if top == "results" else working_for(model, file)
    except UserError:
        return None
    owned = sharing.owner(name, artifact, iteration) == name
    return Made(name, artifact, iteration) if owned else None


def kept_as(model: Model, file: str) -> tuple[str, int]:
    """Return the artifact and iteration that a file in results/{model}/ is; raises UserError if there is none."""
    artifact, iteration = model.owning(file)
    return artifact.name, iteration


def working_for(model: Model, file: str) -> tuple[str, int]:
    """Return the artifact and iteration that a file in work/{model}/ is made for; raises UserError if there is none."""
    if file == FETCHED:
        return "base", 0
    iteration, step = file.split("/")[:2]
    return model.step(step).artifact, int(iteration.removeprefix("iter"))
