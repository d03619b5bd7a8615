"""Models beside an entry: a judge, a supervisor, a classifier.

Such a model is the entry's own base model, an iteration of any entry of the configuration, or a model of its own, which
nobody raises: that one stands in results/beside/, checked and pinned as base models are.
"""

import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from scripts.lib.config.recipe import MODEL_NAME
from scripts.lib.config.sections import Weights
from scripts.lib.config.sharing import Model, Sharing, setting_of
from scripts.lib.errors import UserError
from scripts.lib.rows.hashing import fingerprint

OWN = "base"
"""What names the entry's own base model."""
ROOM = "beside"
"""The folder in results/ of the models that nobody raises."""

_OF_AN_ENTRY = re.compile(rf"({MODEL_NAME})/iter(0|[1-9]\d*)")


def check_beside(models: Mapping[str, Model], source: str) -> None:
    """Raise UserError, led by `source`, if a model names one beside it that the configuration does not have.

    Nor can a model be raised with the help of what comes of it, by itself or through others.
    """
    for model in models.values():
        for key, chosen in model.settings.beside():
            if isinstance(chosen, str) and chosen != OWN:
                _check_entry(chosen, models, f"{source}: models.{model.name}.{key}")
    _check_order(models, source)


def beside_manifest(model: Model, key: str, sharing: Sharing) -> str:
    """Return the path of the manifest of the model that a dotted key of a model's settings names."""
    chosen = setting_of(model.settings, key)
    if isinstance(chosen, Weights):
        return f"results/{ROOM}/{folder_name(chosen)}/merged/manifest.json"
    name, iteration = (model.name, 0) if chosen == OWN else _entry_of(chosen)
    return sharing.path(name, f"iter{iteration}/merged/manifest.json")


def folder_name(chosen: Weights) -> str:
    """Return the folder of a model of its own: what its base is called, and what tells it from others of that name."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", Path(chosen.base).name).lstrip("._-") or "model"
    return f"{name}-{fingerprint(chosen.what())[:8]}"


def models_of_their_own(models: Iterable[Model]) -> dict[str, Weights]:
    """Return the models beside entries that are no iteration of any, by the names of their folders."""
    named = (chosen for model in models for _, chosen in model.settings.beside())
    return {folder_name(chosen): chosen for chosen in named if isinstance(chosen, Weights)}


def _entry_of(chosen: str) -> tuple[str, int]:
    """Return the entry and the iteration that a checked name stands for."""
    name, _, iteration = chosen.rpartition("/iter")
    return name, int(iteration)


def _check_entry(chosen: str, models: Mapping[str, Model], place: str) -> None:
    if _OF_AN_ENTRY.fullmatch(chosen) is None:
        raise UserError(
            f"{place}: {chosen!r} is no model: write base, an entry of models with its iteration, such as "
            f"{next(iter(models))}/iter1, or a section with base"
        )
    name, iteration = _entry_of(chosen)
    if name not in models:
        raise UserError(f"{place}: there is no model {name!r}; there are {', '.join(models)}")
    if iteration not in models[name].iterations:
        last = models[name].iterations[-1]
        raise UserError(f"{place}: {name} ends with iter{last}; name an iteration from 0 to {last}")


def _check_order(models: Mapping[str, Model], source: str) -> None:
    """Raise UserError if what is trained of a model would have to be there before the model itself.

    Who only measures a model, as a judge does, may come of it. Each model's iterations build on its first one, and that
    one on who is beside it.
    """
    before = {model.name: set(_raised_by(model)) for model in models.values()}
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        helper, model = error.args[1][:2]
        key = _raised_by(models[model])[helper]
        if helper == model:
            raise UserError(
                f"{source}: models.{model}.{key}: {model} cannot be raised by what comes of it; name {OWN}, "
                "or another entry"
            ) from error
        raise UserError(
            f"{source}: models.{model}.{key}: these models wait for each other: {' → '.join(error.args[1])}; name "
            f"{OWN}, {helper}/iter0, or another entry"
        ) from error


def _raised_by(model: Model) -> dict[str, str]:
    """Return the entries without whose training a model cannot be raised, each with the key that names it."""
    keys = [beside.chosen for beside in model.recipe.beside.values()]
    chosen = {key: setting_of(model.settings, key) for key in keys}
    entries = {key: _entry_of(name) for key, name in chosen.items() if isinstance(name, str) and name != OWN}
    return {name: key for key, (name, iteration) in entries.items() if iteration}
