"""What stands in a task file of lm-eval, without lm-eval, which takes seconds to import; no function in it is run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from scripts.evaluation.settings import is_file
from scripts.lib.errors import UserError
from scripts.lib.rows.strict_json import decode

OWN = Path(__file__).parent / "tasks"
"""Tasks of ours, which stand in place of those of lm-eval that have the same names."""

READERS = ("json", "csv", "parquet", "arrow", "text")
"""What a task names in place of a data set where its data are files."""

Config = dict[str, Any]


@dataclass(frozen=True)
class TaskFile:
    """What a task file holds, with what it includes, and all files that it names: itself, modules and data."""

    config: Config
    files: list[Path] = field(default_factory=list)

    @property
    def has_data(self) -> bool:
        """Whether the data of the task are files, so that nothing has to be fetched."""
        return self.config.get("dataset_path") in READERS


def file_of(task: str) -> Path | None:
    """Return the file of a task that is the user's or ours; None for one that lm-eval knows by its name."""
    if is_file(task):
        return Path(task)
    own = OWN / f"{task}.yaml"
    return own if own.is_file() else None


def read_task_file(path: Path) -> TaskFile:
    """Return what a task file holds; functions stand in it as text, such as "utils.process_results".

    Raises UserError naming the file, and the line, if it is missing, not YAML, no task, or includes itself.
    """
    found = _read(path, ())
    if not isinstance(found.config.get("group", found.config.get("task")), str):
        raise UserError(f"{path}: not a task of lm-eval; it must have the key task: with a name")
    return found


def _read(path: Path, above: tuple[Path, ...]) -> TaskFile:
    """Return what a file holds with what it includes below its own keys, and all files that it names."""
    if not path.is_file():
        raise UserError(f"{path}: no such task file; check the path")
    if path.resolve() in above:
        raise UserError(f"{path}: this task file includes itself")
    own, modules = _parsed(path)
    config: Config = {}
    files = [path, *modules]
    included = own.pop("include", [])
    for name in included if isinstance(included, list) else [included]:
        below = _read(path.parent / name, (*above, path.resolve()))
        config.update(below.config)
        files += below.files
    config.update(own)
    return TaskFile(config, list(dict.fromkeys([*files, *_data_files(config)])))


def _parsed(path: Path) -> tuple[Config, list[Path]]:
    """Return the keys of a file, and the modules beside it of which it names functions."""
    modules: list[Path] = []

    class Loader(yaml.SafeLoader):
        """YAML in which functions are text."""

    def function(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
        named = loader.construct_scalar(node)
        module = path.parent / f"{named.rpartition('.')[0].replace('.', '/')}.py"
        modules.extend([module] if module.is_file() else [])
        return named

    Loader.add_constructor("!function", function)
    try:
        own = yaml.load(decode(path.read_bytes(), str(path)), Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise UserError(f"{place}: not valid YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(own, dict):
        raise UserError(f"{path}: a task is a mapping of keys, not {type(own).__name__}")
    return own, modules


def _data_files(config: Config) -> list[Path]:
    """Return the files that a task names as its data, as seen from the folder in which commands run."""
    named = (config.get("dataset_kwargs") or {}).get("data_files") or []
    per_split = named.values() if isinstance(named, dict) else [named]
    listed = [file for files in per_split for file in (files if isinstance(files, list) else [files])]
    return [Path(file) for file in listed if isinstance(file, str) and "://" not in file and "*" not in file]
