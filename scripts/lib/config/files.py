"""Configuration files put together: one builds on another, and models that differ in little are written shortly."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from scripts.lib.errors import UserError

Content = dict[str, Any]

PLAINLY = {
    "tuple_type": "this must be a list, in [ ]",
    "list_type": "this must be a list, in [ ]",
    "model_type": "this must be a section, with keys of its own",
    "dict_type": "this must be a section, with keys of its own",
}
"""What pydantic says of the kinds of values, in the words of a YAML file."""


def read_yaml(path: Path) -> Content:
    """Return what a YAML file holds; raises UserError naming the file if it is missing or no mapping."""
    if not path.is_file():
        raise UserError(f"{path}: no such configuration file")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict | None):
        raise UserError(f"{path}: a configuration is a mapping of keys, not {type(content).__name__}")
    return content or {}


def extended(content: Content, folders: Sequence[Path], seen: tuple[Path, ...] = ()) -> Content:
    """Return the content laid over the file that its `extends:` names, and so on down to one that names none.

    The file is looked for in `folders`, in turn. Raises UserError if it is in none, or if files go round in a circle.
    """
    below = dict(content)
    name = below.pop("extends", None)
    if name is None:
        return below
    found = [folder / str(name) for folder in folders if (folder / str(name)).is_file()]
    if not found:
        raise UserError(
            f"extends: {name}: there is no such file in {', '.join(map(str, folders)) or 'any folder'}; "
            "give its path as seen from the file that extends it"
        )
    file = found[0].resolve()
    if file in seen:
        raise UserError(f"extends: {' → '.join(map(str, [*seen, file]))}: the files extend each other")
    return overlay(extended(read_yaml(found[0]), [found[0].parent], (*seen, file)), below)


def overlay(below: Content, above: Mapping[str, Any]) -> Content:
    """Return `below` with the values of `above` in their places, section by section."""
    merged = dict(below)
    for key, value in above.items():
        nested = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = overlay(merged[key], value) if nested else value
    return merged


def expanded(name: str, entry: Content, variants: Mapping[str, Any]) -> Iterator[tuple[str, str, Content]]:
    """Yield the models that `variants` make of an entry: the name of each, its arm, and its own settings.

    Every combination of an arm, of one value of each key of the grid, and of a seed is a model. Its arm is named
    after all but the seed; without arms and grid, after the entry.
    """
    arms = variants.get("arms") or {"": {}}
    grid = variants.get("grid") or {}
    seeds = variants.get("seeds") or [None]
    choices = [_choices(key, values) for key, values in grid.items()]
    for (arm, changes), combination, seed in product(arms.items(), product(*choices), seeds):
        parts = [part for part in (arm, *(label for label, _ in combination)) if part]
        settings = overlay(entry, changes or {})
        for _, chosen in combination:
            settings = overlay(settings, chosen)
        whole = "-".join(parts) or name
        if seed is None:
            yield whole, whole, settings
        else:
            yield f"{whole}-{seed}", whole, overlay(settings, {"seed": seed})


def _choices(key: str, values: Any) -> list[tuple[str, Content]]:
    """Return the label and the settings of each value of a key of a grid."""
    last = key.rpartition(".")[2]
    named = values if isinstance(values, dict) else {f"{last}{_label(value)}": value for value in values}
    return [(str(label), _nested(key, value)) for label, value in named.items()]


def _label(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _nested(key: str, value: Any) -> Content:
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def explain(error: ValidationError, source: str, hints: Mapping[str, str]) -> str:
    """Return a line for each wrong key: the file, the key, what is wrong, and what to do.

    `hints` say of a key's last name where it belongs.
    """
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "(the whole file)"
        if problem["type"] == "extra_forbidden":
            hint = hints.get(str(problem["loc"][-1]), "check its spelling and its place in config/README.md")
            lines.append(f"{source}: {key}: there is no such key here; {hint}")
        elif problem["type"] == "missing":
            lines.append(f"{source}: {key}: this key is needed; see config/README.md")
        else:
            value = "" if isinstance(problem["input"], dict) else f" (it is {problem['input']!r})"
            message = PLAINLY.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
            lines.append(f"{source}: {key}: {message}{value}")
    return "\n".join(lines)
