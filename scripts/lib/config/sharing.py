"""Who owns what: models that differ in some settings share every artifact that these cannot change.

Each artifact has a key: a fingerprint of the settings that it depends on, and of the keys of its sources. The first
model of the configuration with a key owns what has it; the others read it there. One function decides, `path`, and
nobody else builds the path of an artifact.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from scripts.lib.config.artifacts import JUDGES, benchmarks
from scripts.lib.config.recipe import MODEL_NAME, Artifact, Beside, Recipe, Settings, Step
from scripts.lib.config.sections import Engine, Section
from scripts.lib.errors import UserError
from scripts.lib.rows.hashing import fingerprint

NOTHING = "(?!)"
"""A pattern that matches nothing."""


@dataclass(frozen=True, eq=False)
class Model:
    """A model of the configuration: its settings, its recipe, and the arm of a comparison that it stands for."""

    name: str
    settings: Settings
    recipe: Recipe
    arm: str

    @property
    def iterations(self) -> range:
        """The iterations that it has, the base model's 0 included."""
        return range(self.settings.iterations + 1)

    @cached_property
    def artifacts(self) -> dict[str, Artifact]:
        """The artifacts of its recipe, and of the benchmarks that its settings name, by name."""
        measured = benchmarks(self.settings.evaluation.chosen)
        return {artifact.name: artifact for artifact in (*self.recipe.artifacts, *measured)}

    def step(self, name: str) -> Step:
        """Return what asks a model for an artifact's sake: an entry of the recipe's table, or a benchmark.

        Raises UserError for a step that none of them claims.
        """
        if name in self.artifacts and name not in {artifact.name for artifact in self.recipe.artifacts}:
            return Step(name, role="measured", artifact=name)
        return self.recipe.step(name)

    def beside(self, role: str) -> Beside | None:
        """Return the keys of who plays a role, if a model of another name may play it."""
        return {**JUDGES, **self.recipe.beside}.get(role)

    def engine_key(self, step: str | None) -> str:
        """Return the dotted key of what a step runs with: that of all, or that of the model beside that it asks."""
        beside = self.beside(self.step(step).role) if step else None
        return beside.engine if beside and setting_of(self.settings, beside.engine) is not None else "engine"

    def engine_of(self, step: str | None) -> Engine:
        """Return what a step runs with; of None, what the model itself does. Raises UserError for an unknown step."""
        engine: Engine = setting_of(self.settings, self.engine_key(step))
        return engine

    @cache  # noqa: B019 - as many entries as files, for as long as the configuration
    def owning(self, file: str) -> tuple[Artifact, int]:
        """Return the artifact and the iteration that a file in the model's folder belongs to.

        Raises UserError if there is no such file in its recipe, or if it has no such iteration.
        """
        match = re.match(r"iter(\d+)/", file)
        iteration = int(match[1]) if match else 0
        if iteration not in self.iterations:
            raise UserError(
                f"results/{self.name}/{file}: the configuration ends with iter{self.iterations[-1]} of this model; "
                f"set iterations: {iteration} to have it go on"
            )
        for artifact in self.artifacts.values():
            if artifact.is_of(iteration) and any(_is_in(file, own) for own in artifact.files_of(iteration)):
                return artifact, iteration
        raise UserError(f"{file}: the recipe {self.recipe.name!r} makes no such file")

    @cache  # noqa: B019 - as many entries as artifacts, for as long as the configuration
    def key(self, name: str, iteration: int) -> str:
        """Return the fingerprint of everything in the configuration that an artifact depends on."""
        artifact = self.artifacts[name]
        values = {setting: _what(self.settings, setting) for setting in artifact.settings}
        sources = [self.key(source.artifact, source.iteration) for source in artifact.sources(self.settings, iteration)]
        return fingerprint(name, iteration, values, sources)

    def training(self, iteration: int) -> tuple[Artifact, str]:
        """Return the artifact that an iteration's training makes, and the key of the section that says how.

        That is the first one that the table names.
        """
        artifact, _ = self.owning(f"iter{iteration}/adapter/manifest.json")
        return artifact, artifact.settings[0]

    def trained_folder(self, iteration: int) -> str:
        """Return the folder that an iteration's training writes: the adapter, or at once the model."""
        _, chapter = self.training(iteration)
        return "merged" if setting_of(self.settings, chapter).weights == "full" else "adapter"

    def wants(self, artifact: Artifact) -> bool:
        """Return whether an artifact is made for its own sake, by the settings of this model."""
        return artifact.goal and (not artifact.where or setting_of(self.settings, artifact.where) is not None)

    def needed(self) -> set[tuple[str, int]]:
        """Return the name and iteration of every goal, and of all that goals are made from."""
        found: set[tuple[str, int]] = set()
        waiting = [(artifact.name, iteration) for artifact, iteration in _all_artifacts(self) if self.wants(artifact)]
        while waiting:
            name, iteration = waiting.pop()
            if (name, iteration) not in found:
                found.add((name, iteration))
                sources = self.artifacts[name].sources(self.settings, iteration)
                waiting.extend((source.artifact, source.iteration) for source in sources)
        return found


class Sharing:
    """The models of a configuration, in its order, and which of them owns which artifact: the first that needs it."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self.models = models
        self._owners: dict[str, str] = {}
        for model in models.values():
            # In this order the keys of sources are known before they are asked for, however many iterations there are.
            for name, iteration in sorted(model.needed(), key=lambda needed: needed[1]):
                self._owners.setdefault(model.key(name, iteration), model.name)

    def owner(self, model: str, artifact: str, iteration: int) -> str:
        """Return the name of the model in whose folder an artifact of this model lies."""
        return self._owners.get(self.models[model].key(artifact, iteration), model)

    def path(self, model: str, file: str) -> str:
        """Return where a file of a model lies, such as "iter1/prompts.jsonl"; raises UserError for an unknown one."""
        artifact, iteration = self.models[model].owning(file)
        return f"results/{self.owner(model, artifact.name, iteration)}/{file}"

    def shared(self) -> Iterator[tuple[str, str, str]]:
        """Yield each file (or folder, with a slash) that a model shares: the model, the file, and its owner."""
        for model in self.models.values():
            for artifact, iteration in _all_artifacts(model):
                owner = self.owner(model.name, artifact.name, iteration)
                if owner != model.name:
                    yield from ((model.name, file, owner) for file in artifact.files_of(iteration))

    def owned(self) -> Iterator[tuple[Artifact, int, str, str]]:
        """Yield each artifact that some model needs, once: itself, its iteration, its key, and its owner."""
        seen: set[str] = set()
        for model in self.models.values():
            for name, iteration in sorted(model.needed()):
                key = model.key(name, iteration)
                if key not in seen:
                    seen.add(key)
                    yield model.artifacts[name], iteration, key, self._owners[key]

    def shared_pattern(self) -> str:
        """Return a regular expression for `{model}` in results/{model}/…, which matches where the file is shared.

        A folder is shared as a whole, for its manifest.
        """
        return f"(?={self._shared_files('manifest.json')}){MODEL_NAME}"

    def own_pattern(self, chosen: Callable[[Model], bool] = lambda model: True) -> str:
        """Return a regular expression for `{model}` in results/{model}/…: a model's name, where the file is its own.

        With `chosen`, the name of one of these alone: recipes make files of one name, each in its own way.
        """
        names = [name for name, model in self.models.items() if chosen(model)]
        return f"(?!{self._shared_files()})(?:{'|'.join(map(re.escape, names))})" if names else NOTHING

    def trained_by(self, way: str, folder: str) -> str:
        """Return a regular expression for what follows results/: iterations that train in a way, into a folder."""
        folders = [
            f"{re.escape(name)}/iter{iteration}/"
            for name, model in self.models.items()
            for iteration in model.iterations[1:]
            if model.recipe.iteration(model.settings, iteration).training == way
            and model.trained_folder(iteration) == folder
        ]
        return f"(?:{'|'.join(folders)})" if folders else NOTHING

    def _shared_files(self, in_folder: str = "") -> str:
        names = [f"{model}/{file}{in_folder if file.endswith('/') else ''}" for model, file, _ in self.shared()]
        return "|".join(re.escape(name) + ("" if name.endswith("/") else "$") for name in names) or NOTHING


def _is_in(file: str, own: str) -> bool:
    return file == own or (own.endswith("/") and file.startswith(own))


def _all_artifacts(model: Model) -> Iterator[tuple[Artifact, int]]:
    for iteration in model.iterations:
        for artifact in model.artifacts.values():
            if artifact.is_of(iteration):
                yield artifact, iteration


def setting_of(settings: Settings, dotted: str) -> Any:
    """Return what a dotted key stands for; null where a section on the way is absent."""
    value = settings
    for name in dotted.split("."):
        value = None if value is None else getattr(value, name)
    return value


def _what(settings: Settings, dotted: str) -> Any:
    """Return the same without what only says where a job runs."""
    value = setting_of(settings, dotted)
    return value.what() if isinstance(value, Section) else value
