"""The data of a task as files: which data sets of the hub it needs, and a folder laid out as the hub has them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.evaluation.finding import Found
from scripts.evaluation.task_files import READERS, Config
from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open, read_object
from scripts.lib.rows.jsonl import Row, write_rows

SPLITS = ("training_split", "validation_split", "test_split", "fewshot_split")
HARMLESS = {"trust_remote_code", "revision", "streaming"}
"""What a task may say of loading its data that changes nothing in them."""


@dataclass(frozen=True)
class DataSet:
    """A data set of the hub, as a task names it, and the splits that it uses (none: not known, so all)."""

    path: str
    name: str | None
    splits: tuple[str, ...]


def data_sets(found: Found) -> list[DataSet]:
    """Return the data sets that tasks need from the hub, each once; none of those whose data are files of theirs."""
    needed = [data for config in found.leaves for data in _data_set(config, found)]
    return list(dict.fromkeys(needed))


def _data_set(config: Config, found: Found) -> Iterator[DataSet]:
    if "class" in config:
        [task] = found.classes
        yield DataSet(task.DATASET_PATH, task.DATASET_NAME, ())
        return
    path = config.get("dataset_path")
    if path in READERS or path is None:
        return
    if odd := sorted((config.get("dataset_kwargs") or {}).keys() - HARMLESS):
        raise UserError(f"{config['task']}: its data cannot be exported, since its file says {odd[0]} of them")
    shown = config.get("fewshot_config") or {}
    named = [*(config.get(key) for key in SPLITS), shown.get("split")]
    yield DataSet(path, config.get("dataset_name"), tuple(dict.fromkeys(split for split in named if split)))


def write_data_set(folder: Path, data: DataSet, rows: Mapping[str, Any]) -> Row:
    """Write the rows of each split as JSONL; return what was written: files, how many rows, and their SHA-256."""
    config, files = data.name or "default", {}
    for split, own in rows.items():
        file = Path(data.path, config, f"{split}.jsonl")
        count = write_rows(folder / file, own)
        files[split] = {"file": file.as_posix(), "rows": count, "sha256": sha256(folder / file)}
    return {"path": data.path, "name": data.name, "files": files}


def write_cards(folder: Path, written: list[Row]) -> None:
    """Write for each data set the card that tells `datasets` which file is which split of which configuration."""
    for path in {each["path"] for each in written}:
        configs = [
            {
                "config_name": each["name"] or "default",
                "data_files": [
                    {"split": split, "path": Path(found["file"]).relative_to(path).as_posix()}
                    for split, found in each["files"].items()
                ],
            }
            for each in written
            if each["path"] == path
        ]
        with atomic_open(folder / path / "README.md") as stream:
            stream.write(f"---\n{yaml.safe_dump({'configs': configs})}---\n")


def exported(file: Path | None) -> tuple[Path | None, list[Row]]:
    """Return the folder with exported data, and what is in it; no folder where a task needs none, or without a file.

    Raises UserError if a file is missing or is not what was exported.
    """
    if file is None:
        return None, []
    written = read_object(file).get("data_sets", [])
    folder = folder_of(file)
    for each in written:
        for found in each["files"].values():
            path = folder / found["file"]
            if not path.is_file() or sha256(path) != found["sha256"]:
                raise UserError(f"{path}: missing, or not as it was exported; delete {file} and export again")
    return (folder.resolve() if written else None), written


def folder_of(file: Path) -> Path:
    """Return the folder whose data a file of export_data tells of: it lies beside the file."""
    return file.with_suffix("")


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file, as hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
