"""Checkpoints of a training: which are whole, which belong to this training, and where to go on.

The weights in them are safetensors; the states of optimizer and random generators are pickles. The
Trainer opens these with weights_only=True (transformers 5.19), but DeepSpeed opens its own without
(0.19): so the folder deserves the care that code does, and nothing of it goes into results/.
"""

import shutil
import sys
from pathlib import Path

from scripts.lib.models.files import ADAPTER_WEIGHTS
from scripts.lib.models.weights import check_finite_file
from scripts.lib.rows.files import read_json, write_json

DIVERGED = (
    "the training has diverged: lower training.learning_rate (--learning-rate), or compute in float32 (training.dtype)"
)
FINGERPRINT, WHOLE, FINISHED = "fingerprint.json", "whole.json", "finished"


def mark_whole(checkpoint: Path) -> None:
    """Write into a checkpoint, last of all, the sizes of its files: one without that is half-written.

    Raises UserError, and does not mark it, if its weights are not finite.
    """
    check_finite_file(checkpoint / ADAPTER_WEIGHTS, DIVERGED)
    write_json(checkpoint / WHOLE, _sizes(checkpoint))


def prepare_checkpoints(directory: Path, fingerprint: str) -> None:
    """Make the folder ready for the training with this fingerprint: see to it that it holds nothing else.

    Checkpoints of other data or settings are set aside under another name, unless they came to their
    end; half-written ones are removed; all is said aloud.
    """
    owner = directory / FINGERPRINT
    if directory.is_dir() and (not owner.is_file() or read_json(owner) != fingerprint):
        if finished_training(directory):
            print(
                f"{directory}: checkpoints of a finished training with other data or settings, removed", file=sys.stderr
            )
            shutil.rmtree(directory)
        else:
            _set_aside(directory)
    directory.mkdir(parents=True, exist_ok=True)
    write_json(owner, fingerprint)
    for checkpoint in _checkpoints(directory):
        if not _is_whole(checkpoint):
            print(f"{checkpoint}: half-written, removed", file=sys.stderr)
            shutil.rmtree(checkpoint)


def finished_training(directory: Path) -> Path | None:
    """Return the folder of the finished adapter, or None if the training has not come to its end.

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


def _checkpoints(directory: Path) -> list[Path]:
    return [path for path in directory.glob("checkpoint-*") if path.is_dir()]


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _is_whole(checkpoint: Path) -> bool:
    mark = checkpoint / WHOLE
    return mark.is_file() and read_json(mark) == _sizes(checkpoint)


def _sizes(checkpoint: Path) -> dict[str, int]:
    return {
        file.relative_to(checkpoint).as_posix(): file.stat().st_size
        for file in sorted(checkpoint.rglob("*"))
        if file.is_file() and file.name != WHOLE
    }
