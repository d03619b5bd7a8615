"""Who judges a model: its own base model, an iteration of any model of the configuration, or a model of its own."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.lib.config.recipe import MODEL_NAME, Settings
from scripts.lib.config.sections import Base
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.errors import UserError
from scripts.lib.rows.hashing import fingerprint

OWN = "base"
"""The judge that is the base model of the model that is judged."""

_OF_AN_ENTRY = re.compile(rf"({MODEL_NAME})/iter(0|[1-9]\d*)")


def check_judge(model: Model, models: Mapping[str, Model], place: str) -> None:
    """Raise UserError, led by `place`, if a model is to be judged by one that the configuration does not have."""
    judge = _judge(model.settings)
    if judge is None or judge == OWN or isinstance(judge, Base):
        return
    found = _OF_AN_ENTRY.fullmatch(judge)
    if found is None:
        raise UserError(
            f"{place}.judging.judge: {judge!r} is no judge: write base, an entry of models with its iteration, such as "
            f"{model.name}/iter1, or a section with base"
        )
    name, iteration = found[1], int(found[2])
    if name not in models:
        raise UserError(f"{place}.judging.judge: there is no model {name!r}; there are {', '.join(models)}")
    if iteration not in models[name].iterations:
        last = models[name].iterations[-1]
        raise UserError(f"{place}.judging.judge: {name} ends with iter{last}; name an iteration from 0 to {last}")


def judge_manifest(model: Model, sharing: Sharing) -> str:
    """Return the path of the manifest of the model that judges a model."""
    judge = _judge(model.settings)
    if isinstance(judge, Base):
        return f"results/judges/{judge_name(judge)}/merged/manifest.json"
    found = _OF_AN_ENTRY.fullmatch(judge or "")
    name, iteration = found.groups() if found else (model.name, "0")
    return sharing.path(name, f"iter{iteration}/merged/manifest.json")


def judge_name(judge: Base) -> str:
    """Return the folder of a judge of its own: what its base is called, and what tells it from others of that name."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", Path(judge.base).name).lstrip("._-") or "judge"
    return f"{name}-{fingerprint(judge.what())[:8]}"


def own_judges(models: Iterable[Model]) -> dict[str, Base]:
    """Return the judges that are no model of the configuration, by the names of their folders."""
    judges = (_judge(model.settings) for model in models)
    return {judge_name(judge): judge for judge in judges if isinstance(judge, Base)}


def _judge(settings: Settings) -> str | Base | None:
    return None if settings.judging is None else settings.judging.judge
