"""Checkpoints of a training: which are whole, which belong to this training, and where to go on.

The weights in them are safetensors; the states of optimizer and random generators are pickles. The
Trainer opens these with weights_only=True (transformers 5.19), but DeepSpeed opens its own without
(0.19): so the folder deserves the care that code does, and nothing of it goes into results/.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.models.files import ADAPTER_WEIGHTS, weight_files
from scripts.lib.models.weights import check_finite_file
from scripts.lib.rows.files import read_json, sync, write_json

DIVERGED = "the training has diverged: lower the learning rate (--learning-rate), or compute in float32 (--dtype)"
FINGERPRINT, WHOLE, FINISHED = "fingerprint.json", "whole.json", "finished"
REMOVED = ".removed"
"""How the hidden name ends of what is being removed."""


def mark_whole(checkpoint: Path) -> None:
    """Write into a checkpoint, last of all, the sizes of its files: one without that is half-written.

    All of them are on disk by then. Raises UserError, and does not mark it, if its weights are not finite.
    """
    adapter = checkpoint / ADAPTER_WEIGHTS
    for file in [adapter] if adapter.is_file() else weight_files(checkpoint):
        check_finite_file(file, DIVERGED)
    sizes = _sizes(checkpoint)
    sync(checkpoint / name for name in sizes)
    write_json(checkpoint / WHOLE, sizes)


def prepare_checkpoints(directory: Path, fingerprint: str) -> None:
    """Make the folder ready for the training with this fingerprint: see to it that it holds nothing else.

    Checkpoints of other data or settings are set aside under another name, unless they came to their
    end; half-written ones are removed; all is said aloud.
    """
    for leftover in directory.glob(f".*{REMOVED}"):
        shutil.rmtree(leftover)
    if directory.is_dir() and _content(directory / FINGERPRINT) != fingerprint:
        if finished_training(directory):
            print(
                f"{directory}: checkpoints of a finished training with other data or settings, removed", file=sys.stderr
            )
            _empty(directory)
        else:
            _set_aside(directory)
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / FINGERPRINT, fingerprint)
    for checkpoint in _checkpoints(directory):
        if not _is_whole(checkpoint):
            print(f"{checkpoint}: half-written, removed", file=sys.stderr)
            _remove(checkpoint)


def finished_training(directory: Path) -> Path | None:
    """Return the folder of the finished weights, or None if the training has not come to its end.

    It stays when it has been delivered: a job that finished while Snakemake was dead, or that is run again for another
    reason, costs nothing, and no model is loaded for it.
    """
    finished = directory / FINISHED
    return finished if _is_whole(finished) else None


def last_checkpoint(directory: Path) -> Path | None:
    """Return the checkpoint to go on from in a prepared folder; None means from the start."""
    return max(_checkpoints(directory), key=_step, default=None)


def _set_aside(directory: Path) -> None:
    if not any(directory.iterdir()):
        return
    number = 1
    while (aside := directory.with_name(f"{directory.name}.set-aside-{number}")).exists():
        number += 1
    directory.rename(aside)
    print(f"{directory}: checkpoints of other data or settings, set aside as {aside}", file=sys.stderr)


def _empty(directory: Path) -> None:
    """Remove all that a folder holds; a kill in between leaves it known for what it is until nothing is left."""
    for path in sorted(directory.iterdir(), key=lambda path: (path.name == FINGERPRINT, path.name == FINISHED)):
        _remove(path) if path.is_dir() else path.unlink()


def _remove(folder: Path) -> None:
    """Remove a folder, under a hidden name first: what a kill leaves of it is taken for nothing that it was."""
    hidden = folder.with_name(f".{folder.name}{REMOVED}")
    folder.rename(hidden)
    shutil.rmtree(hidden)


def _checkpoints(directory: Path) -> list[Path]:
    return [path for path in directory.glob("checkpoint-*") if path.is_dir()]


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _is_whole(checkpoint: Path) -> bool:
    return _content(checkpoint / WHOLE) == _sizes(checkpoint)


def _content(file: Path) -> Any:
    """Return what a file of ours holds; None if it is missing or broken, as a kill or a full disk may leave it."""
    try:
        return read_json(file)
    except UserError:
        return None


def _sizes(checkpoint: Path) -> dict[str, int]:
    return {
        file.relative_to(checkpoint).as_posix(): file.stat().st_size
        for file in sorted(checkpoint.rglob("*"))
        if file.is_file() and file.name != WHOLE
    }
