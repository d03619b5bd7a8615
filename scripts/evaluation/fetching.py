"""Data sets of the hub, or copies of them, as a task needs them."""

import contextlib
from pathlib import Path
from typing import Any

from datasets import load_dataset
from huggingface_hub import HfApi

from scripts.evaluation.data import DataSet
from scripts.lib.errors import UserError, first_line


def commit(data: DataSet, revision: str | None) -> str:
    """Return the commit of a data set that a revision means; raises UserError if the hub cannot be asked."""
    if Path(data.path).exists():
        raise UserError(f"{data.path}: a folder here, which would be read instead of the hub's; rename it")
    try:
        return str(HfApi().dataset_info(data.path, revision=revision).sha)
    except Exception as error:  # of its HTTP library, and of many kinds
        raise UserError(f"{data.path}: {_unreached(error)}") from error


def fetched(data: DataSet, revision: str | None, copies: Path | None) -> dict[str, Any]:
    """Return the splits that a task uses of a data set, from the hub or a folder with copies.

    No code of a data set is run: `datasets` has not known how to for some versions. Raises UserError if it cannot be
    fetched, or lacks a split.
    """
    if copies is not None and not (copies / data.path).is_dir():
        raise UserError(f"{copies / data.path}: no such folder; copy the data set {data.path} there")
    with contextlib.nullcontext() if copies is None else contextlib.chdir(copies):
        try:
            found = load_dataset(data.path, data.name, revision=revision)
        except Exception as error:  # datasets raises what its HTTP library and each reader of files do
            raise UserError(f"{data.path}: {_unreached(error)}") from error
    if missing := [split for split in data.splits if split not in found]:
        raise UserError(f"{data.path}: has no split {missing[0]!r}, only {', '.join(found)}")
    return {split: found[split] for split in data.splits or found}


def _unreached(error: Exception) -> str:
    return (
        f"cannot be fetched ({first_line(error)}); check name, revision and network, or copy it elsewhere and name the "
        "folder (evaluation.copies, --copies)"
    )
