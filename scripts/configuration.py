"""The whole configuration: the chapters that all models share, and a chapter for each recipe."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field, ValidationError

from scripts.autoif.settings import AutoIf
from scripts.evaluation.settings import Evaluation
from scripts.isheep.settings import Isheep
from scripts.judging.settings import Judging
from scripts.lib.config import files
from scripts.lib.config.beside import check_beside
from scripts.lib.config.recipe import MODEL_NAME
from scripts.lib.config.sections import (
    FILE_OR_DATA_SET,
    Base,
    Engine,
    HeldOut,
    Named,
    Problem,
    Run,
    Section,
    Texts,
    Weights,
)
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.errors import UserError
from scripts.lib.rows.hub_address import is_address
from scripts.lib.training.settings import Fitting, Training
from scripts.lib.training.updates import steps_per_update
from scripts.recipes import RECIPES
from scripts.report.figures.settings import Figures
from scripts.self_align.settings import SelfAlign

TAKEN_NAMES = re.compile(r"iter\d+|tiny_world|beside|figures|logs")
"""Folders of results/ that are no model's."""


class Method(Run):
    """Everything that a model entry may set for itself."""

    recipe: Literal["isheep", "self_align", "autoif", "fine_tuning"] = Field(
        "isheep",
        description="How the model is raised. fine_tuning: not by itself, but trained once on its seeds (with "
        "iterations: 1), to compare others with.",
    )
    engine: Engine = Engine()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    judging: Judging | None = Field(
        None,
        description="Judged quality of every model: win rates against reference answers, scores over two turns; {}: "
        "with the defaults below; null: none.",
    )
    isheep: Isheep = Isheep()
    self_align: SelfAlign = SelfAlign()
    autoif: AutoIf = AutoIf()


CHAPTERS = tuple(name for name in RECIPES if name in Method.model_fields)
"""The recipes that have settings of their own, in a section of their name."""


class ModelEntry(Base, Method):
    """A base model and the settings it is raised with."""

    seeds: Texts = Field(
        ("config/seeds/general.jsonl",),
        min_length=1,
        description="Seed tasks: files (JSONL, JSON, CSV, TSV, Parquet), or data sets of the hub as "
        "hf://datasets/ORG/NAME@REVISION?split=train&config=main.",
        json_schema_extra=FILE_OR_DATA_SET,
    )
    held_out: HeldOut | None = Field(None, description="Tasks to measure every model on; null: none.")

    def named(self) -> Iterator[Named]:
        """Yield every file and module that the model's own recipe and the shared chapters name."""
        return (named for named in super().named() if not named.key.startswith(self._other_chapters))

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong within the files that the model's own recipe and the shared chapters name."""
        return (problem for problem in super().problems() if not problem.key.startswith(self._other_chapters))

    @property
    def _other_chapters(self) -> tuple[str, ...]:
        return tuple(f"{chapter}." for chapter in CHAPTERS if chapter != self.recipe)

    def beside(self) -> Iterator[tuple[str, str | Weights]]:
        """Yield the models that play a part in the model's own recipe and the shared chapters."""
        return ((key, chosen) for key, chosen in super().beside() if not key.startswith(self._other_chapters))

    def bases(self) -> Iterator[tuple[str, Weights]]:
        """Yield the models that are nobody's here by the keys that name them: the entry's own base, and others."""
        yield "base", self
        yield from ((key, chosen) for key, chosen in self.beside() if isinstance(chosen, Weights))

    @property
    def seed_files(self) -> tuple[str, ...]:
        """The seeds that are files: data sets of the hub are no input that a rule could wait for."""
        return tuple(seeds for seeds in self.seeds if not is_address(seeds))


class Variants(Section):
    """Models that differ from an entry under `models` in a few settings; the entry itself is then none."""

    arms: dict[str, dict[str, Any]] | None = Field(
        None, description="Named lists of changes: `none: {isheep: {selection: {threshold: 0}}}`."
    )
    grid: dict[str, Annotated[list[Any] | dict[str, Any], Field(min_length=1)]] | None = Field(
        None,
        description="Dotted keys with the values to try, `isheep.selection.threshold: [6, 8]`, or with named ones, "
        "`{loose: 6, strict: 8}`; every combination is a model.",
    )
    seeds: list[int] | None = Field(None, min_length=1, description="Each of them once for every arm and combination.")


class Config(Method):
    """The whole file."""

    default_model: str = Field(description="The model that results/iter{n}/merged means.")
    models: dict[Annotated[str, Field(pattern=f"^{MODEL_NAME}$")], ModelEntry] = Field(
        min_length=1, description="The base models, by name."
    )
    variants: dict[str, Variants] = Field({}, description="Models in several versions, by the name of their entry.")
    extends: str | None = Field(None, description="A file that this one is laid over, key by key.")
    figures: Figures = Figures()


def read_config(content: dict[str, Any], source: str) -> tuple[str, Sharing]:
    """Return the default model's name, and every model with its full settings.

    A model's settings are the file's sections with the entry's own values laid over them. Raises UserError naming
    each wrong key, its value and what is allowed.
    """
    try:
        checked = Config.model_validate(content)
        shared = {key: value for key, value in content.items() if key in Method.model_fields}
        models = {
            name: _model(name, arm, files.overlay(shared, own), own, source)
            for name, arm, own in _own_settings(content, checked, source)
        }
    except ValidationError as error:
        raise UserError(files.explain(error, source, _hints())) from error
    if checked.default_model not in models:
        raise UserError(f"{source}: default_model: {checked.default_model!r} is not among models ({', '.join(models)})")
    check_beside(models, source)
    return checked.default_model, Sharing(models)


def read_config_files(paths: Sequence[Path], overrides: Mapping[str, Any] | None = None) -> tuple[str, Sharing]:
    """Return what `read_config` returns, for YAML files of which later ones are laid over earlier ones.

    A file that several extend lies below all of them, once. What stands in `overrides`, such as keys of a command
    line, is laid over everything.
    """
    return read_config(*_put_together(paths, overrides))


def read_figures(paths: Sequence[Path], overrides: Mapping[str, Any] | None = None) -> Figures:
    """Return the chapter on figures of files that `read_config_files` has read without an error."""
    content, _ = _put_together(paths, overrides)
    return Config.model_validate(content).figures


def _put_together(paths: Sequence[Path], overrides: Mapping[str, Any] | None) -> tuple[dict[str, Any], str]:
    """Return what files and overrides come to, and what to call them in an error."""
    source = " + ".join([*map(str, paths), *(["--config"] if overrides else [])])
    try:
        layers: dict[Path, dict[str, Any]] = {}
        for path in paths:
            layers |= {file: content for file, content in files.read_layers(path).items() if file not in layers}
    except OSError as error:
        raise UserError(f"{source}: {error.strerror}; give the path of a YAML file") from error
    content: dict[str, Any] = {}
    for layer in (*layers.values(), files.read_overrides(overrides or {})):
        content = files.overlay(content, layer)
    if "extends" in content:
        raise UserError(f"{source}: extends: belongs into a file; give the file with --configfile before the others")
    return content, source


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml, for editors."""
    return Config.model_json_schema()


def _own_settings(content: dict[str, Any], checked: Config, source: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the name, the arm and the own settings of every model; raises UserError for a name that cannot be."""
    if unknown := [name for name in checked.variants if name not in checked.models]:
        raise UserError(f"{source}: variants.{unknown[0]}: there is no such entry under models to vary")
    found: list[tuple[str, str, dict[str, Any]]] = []
    for name in checked.models:
        entry = content["models"][name]
        versions = content.get("variants", {}).get(name)
        found += files.expanded(name, entry, versions) if versions else [(name, name, entry)]
    names = [name for name, _, _ in found]
    for name in names:
        if not re.fullmatch(MODEL_NAME, name):
            raise UserError(f"{source}: variants: {name!r} cannot be a folder's name; give the value a name of its own")
        if TAKEN_NAMES.fullmatch(name):
            raise UserError(f"{source}: models: {name!r} is a folder of results/ already; choose another name")
        if names.count(name) > 1:
            raise UserError(f"{source}: variants: two models would be called {name!r}; give the values other names")
    return found


def _model(name: str, arm: str, settings: dict[str, Any], own: dict[str, Any], source: str) -> Model:
    """Return a model with all of its settings, checked."""
    try:
        entry = ModelEntry.model_validate(settings)
    except ValidationError as error:
        raise UserError(files.explain(error, f"{source}: models.{name}", _hints())) from error
    if foreign := [other for other in CHAPTERS if other in own and other != entry.recipe]:
        raise UserError(
            f"{source}: models.{name}.{foreign[0]}: this model's recipe is {entry.recipe!r}; "
            f"remove the section, or set recipe: {foreign[0]}"
        )
    _check_fit(entry, f"{source}: models.{name}")
    return Model(name, entry, RECIPES[entry.recipe], arm)


def _check_fit(entry: ModelEntry, place: str) -> None:
    """Raise UserError where settings, each right by itself, do not fit together: only the whole of them can tell."""
    most = RECIPES[entry.recipe].most_iterations
    for chapter, training in _trainings(entry):
        try:
            steps_per_update(training.rows_per_update, training.batch_size, training.devices)
        except UserError as error:
            raise UserError(f"{place}.{chapter}: {error}") from error
    penalizes = entry.recipe == "self_align" and entry.iterations > 1 and entry.self_align.verbose.penalizes
    if penalizes and entry.engine.name != "transformers":
        raise UserError(
            f"{place}.self_align.verbose: the transformers engine alone has n-gram penalties, and engine.name is "
            f"{entry.engine.name!r}; set it to transformers, or the penalties to 0"
        )
    if most is not None and entry.iterations > most:
        raise UserError(
            f"{place}.iterations: the recipe {entry.recipe!r} has no more than {most}, not {entry.iterations}; "
            f"set iterations: {most}"
        )


def _trainings(entry: ModelEntry) -> Iterator[tuple[str, Fitting]]:
    """Yield the chapters on training that the table of the model's recipe reads, by their keys."""
    keys = {key: None for artifact in RECIPES[entry.recipe].artifacts for key in artifact.settings}
    for key in keys:
        found: Any = reduce(lambda section, name: getattr(section, name, None), key.split("."), cast(Any, entry))
        if isinstance(found, Fitting):
            yield key, found


def _hints() -> dict[str, str]:
    """Return for each section of a recipe where it belongs."""
    found: dict[str, list[str]] = {}
    for name in CHAPTERS:
        for section in Method.model_fields[name].annotation.model_fields:  # type: ignore[union-attr]
            found.setdefault(section, []).append(f"{name}:")
    return {section: f"write it under {' or '.join(names)}" for section, names in found.items()}
