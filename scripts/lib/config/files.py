"""Configuration files put together: one builds on another, and models that differ in little are written shortly."""

import re
import reprlib
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from scripts.lib.errors import UserError
from scripts.lib.rows.strict_json import decode

Content = dict[str, Any]

_SHORT = reprlib.Repr()
_SHORT.maxlevel = 2
"""Shows a value in a message: a few lines of YAML can hold one of any size."""

PLAINLY = {
    "tuple_type": "this must be a list, in [ ]",
    "list_type": "this must be a list, in [ ]",
    "model_type": "this must be a section, with keys of its own",
    "dict_type": "this must be a section, with keys of its own",
}
"""What pydantic says of the kinds of values, in the words of a YAML file."""


class _Loader(yaml.SafeLoader):
    """YAML as people mean it: a key that stands twice is an error, and 5e-5 is a number."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Return a section, unless one of its keys stands twice: the later one would replace the other in silence."""
        node = super().compose_mapping_node(anchor)
        places: dict[tuple[str, str], yaml.Mark] = {}
        for key, _ in node.value:
            first = places.setdefault((key.tag, str(key.value)), key.start_mark)
            if first is not key.start_mark:
                problem = (
                    f"the key {key.value!r} stands here a second time, after line {first.line + 1}; keep one of them"
                )
                raise yaml.composer.ComposerError(None, None, problem, key.start_mark)
        return node


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d[\d_]*[eE][-+]?\d+$"), list("-+0123456789")
)


def read_yaml(path: Path) -> Content:
    """Return what a YAML file holds.

    Raises UserError naming the file, and the line, if it is missing, not YAML, or no mapping.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such configuration file")
    try:
        content = yaml.load(decode(path.read_bytes(), str(path)), _Loader)
    except yaml.MarkedYAMLError as error:
        place = f"{path}:{error.problem_mark.line + 1}" if error.problem_mark else str(path)
        raise UserError(f"{place}: not valid YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict | None):
        raise UserError(f"{path}: a configuration is a mapping of keys, not {type(content).__name__}")
    return content or {}


def read_layers(path: Path, above: tuple[Path, ...] = ()) -> dict[Path, Content]:
    """Return what a file and all below it hold, the lowest first: those that `extends:` names, each by its real path.

    A path is as seen from the file that names it. Raises UserError if there is no such file, or if files go round in
    a circle.
    """
    content = read_yaml(path)
    name = content.pop("extends", None)
    if name is None:
        return {path.resolve(): content}
    files = (*above, path.resolve())
    below = path.parent / str(name)
    if not below.is_file():
        raise UserError(
            f"{path}: extends: {name}: there is no such file in {path.parent}; give its path as seen from this file"
        )
    if below.resolve() in files:
        circle = " → ".join(map(str, [*files, below.resolve()]))
        raise UserError(f"{path}: extends: {circle}: the files extend each other")
    return {**read_layers(below, files), path.resolve(): content}


def read_overrides(given: Mapping[str, Any]) -> Content:
    """Return the keys of a command line (--config) with values as a YAML file has them.

    Snakemake leaves those in sections as text.
    """
    return {key: read_overrides(value) if isinstance(value, dict) else _plain(value) for key, value in given.items()}


def _plain(value: Any) -> Any:
    """Return what a text would be in a YAML file if it is a single word there, such as a number; else as it is."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, str):
        return value
    try:
        read = yaml.load(value, _Loader)
    except yaml.YAMLError:
        return value
    return value if isinstance(read, list | dict) else read


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
            value = "" if isinstance(problem["input"], dict) else f" (it is {_SHORT.repr(problem['input'])})"
            message = PLAINLY.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
            lines.append(f"{source}: {key}: {message}{value}")
    return "\n".join(lines)
