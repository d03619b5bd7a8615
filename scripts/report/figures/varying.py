"""Which settings vary between models that are otherwise alike: over each of them a curve can be drawn."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.config.sections import WHERE, Section
from scripts.lib.config.sharing import Model
from scripts.lib.rows.hashing import fingerprint

NOT_COMPARED = ("seed", "iterations")
"""Settings in which models may differ that are alike: arms are means over seeds, and each iteration is shown."""
OF_THE_BASE = ("revision", "chat_template", "pad_token")
"""Settings that go with the base model, and need not be named beside it."""


@dataclass(frozen=True)
class Point:
    """A model on a curve: the value of the setting that varies, and the name of the curve (empty: there is one)."""

    model: str
    value: float
    curve: str


@dataclass(frozen=True)
class Curve:
    """The models on the curves over one setting, and the arms whose value there is no number."""

    points: tuple[Point, ...]
    left_out: tuple[str, ...]


def curves(models: Collection[Model]) -> dict[str, Curve]:
    """Return the curves that models make, by the dotted key of the setting that varies.

    A curve has the models that differ in this setting alone, seed and iterations aside, where these have at least
    two numbers of it.
    """
    settings = {model.name: dict(_flat(model.settings)) for model in models}
    keys = dict.fromkeys(key for own in settings.values() for key in own if _is_number(own[key]))
    found = {key: _curve(key, models, settings) for key in keys}
    return {key: curve for key, curve in found.items() if curve.points}


def _curve(key: str, models: Collection[Model], settings: Mapping[str, Mapping[str, Any]]) -> Curve:
    groups: dict[str, list[str]] = {}
    having = {name: own for name, own in settings.items() if key in own}  # not those whose section is left out
    for name, own in having.items():
        groups.setdefault(fingerprint({other: value for other, value in own.items() if other != key}), []).append(name)
    whole = [
        names
        for names in groups.values()
        if len({settings[name][key] for name in names if _is_number(settings[name][key])}) > 1
    ]
    labels = _labels([settings[names[0]] for names in whole], key)
    points = [
        Point(name, settings[name][key], label)
        for names, label in zip(whole, labels, strict=True)
        for name in names
        if _is_number(settings[name][key])
    ]
    shown = {point.model for point in points}
    left_out = [
        model.arm for model in models if model.name not in shown and any(model.name in names for names in whole)
    ]
    return Curve(tuple(sorted(points, key=lambda point: (point.curve, point.value))), tuple(dict.fromkeys(left_out)))


def _labels(groups: list[Mapping[str, Any]], key: str) -> list[str]:
    """Return for each group what tells it from the others."""
    differing = [
        other
        for other in dict.fromkeys(name for group in groups for name in group)
        if other != key and len({repr(group.get(other)) for group in groups}) > 1
    ]
    if "base" in differing:
        differing = [name for name in differing if name not in OF_THE_BASE]
    return [", ".join(_label(name, group.get(name)) for name in differing) for group in groups]


def _label(key: str, value: Any) -> str:
    return Path(str(value)).name if key == "base" else f"{key.rpartition('.')[2]} {value}"


def _flat(section: Section, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value by its dotted key, but for those that only say where a job runs."""
    for name, field in type(section).model_fields.items():
        value, key = getattr(section, name), f"{prefix}{name}"
        if isinstance(value, Section):
            yield from _flat(value, f"{key}.")
        elif field.json_schema_extra != WHERE and key not in NOT_COMPARED:
            yield key, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
