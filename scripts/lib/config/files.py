"""Reading the configuration: the whole file is checked before any job starts, and each wrong key is named."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from scripts.lib.config.settings import Config, ModelEntry
from scripts.lib.errors import UserError


def read_config(config: dict[str, Any], source: str = "config/config.yaml") -> tuple[str, dict[str, ModelEntry]]:
    """Return the default model's name and every model's full settings.

    A model's settings are the file's sections with the entry's own values laid over them. Raises
    UserError naming each wrong key, its value and what is allowed.
    """
    try:
        checked = Config.model_validate(config)
        shared = {key: value for key, value in config.items() if key not in ("default_model", "models")}
        models = {name: ModelEntry.model_validate(_overlay(shared, config["models"][name])) for name in checked.models}
    except ValidationError as error:
        raise UserError(_explain(error, source)) from error
    return checked.default_model, models


def read_config_file(path: Path | str) -> tuple[str, dict[str, ModelEntry]]:
    """Return what `read_config` returns for a YAML file."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from error
    return read_config(content or {}, str(path))


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return `below` with the values of `above` in their places, section by section."""
    merged = dict(below)
    for key, value in above.items():
        nested = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _overlay(merged[key], value) if nested else value
    return merged


def _explain(error: ValidationError, source: str) -> str:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "(the whole file)"
        if problem["type"] == "extra_forbidden":
            lines.append(f"{source}: {key}: there is no such key; check its spelling and its place in config/README.md")
        elif problem["type"] == "missing":
            lines.append(f"{source}: {key}: this key is needed; see config/README.md")
        else:
            value = "" if isinstance(problem["input"], dict) else f" (it is {problem['input']!r})"
            lines.append(f"{source}: {key}: {problem['msg']}{value}")
    return "\n".join(lines)
