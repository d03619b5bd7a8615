"""A training from its rows to what it leaves behind, whatever it learns from them."""

import argparse
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

from scripts.lib.errors import UserError
from scripts.lib.models.loading import computes_in_bfloat16, load_tokenizer, set_cpu_threads
from scripts.lib.models.manifest import Manifest, load_manifest
from scripts.lib.models.saving import saving
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.files import read_json
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.held_out import read_held_out
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.rows.reasons import PAGE
from scripts.lib.run.attempts import attempt
from scripts.lib.run.locking import sole_writer
from scripts.lib.run.versions import code_version
from scripts.lib.training.checkpoints import (
    FINISHED,
    finished_training,
    last_checkpoint,
    mark_whole,
    prepare_checkpoints,
)
from scripts.lib.training.data import SampleT, TrainingData, select
from scripts.lib.training.delivery import STATE, deliver_adapter, deliver_model
from scripts.lib.training.doubts import doubts
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.quantization import LIBRARY, check_quantizable
from scripts.lib.training.trainers import agreed, launched_processes, train_from

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, Trainer, TrainingArguments

log = logging.getLogger(__name__)

LIBRARIES = ("torch", "transformers", "peft", "trl")


@dataclass(frozen=True)
class Objective(Generic[SampleT]):
    """What is learnt from rows: its settings, which models can, how rows become tokens, and who trains on them.

    `code` is the module that decides the weights, with all that it imports: checkpoints of other code are set aside;
    what delivers, draws and counts is none of it.
    """

    hyperparameters: type[Hyperparameters]
    check: Callable[[Path, Any], object]
    read: Callable[..., list[SampleT]]
    configure: "Callable[..., TrainingArguments]"
    build_trainer: "Callable[..., Trainer]"
    code: str


def carry_out(objective: Objective[SampleT], args: argparse.Namespace) -> None:
    """Read rows, train an adapter or a model on them, and write it with its log, as a command line says."""
    # The hub's client reads both when it is imported: nothing is fetched or reported from here on.
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    model = load_manifest(args.model)
    see_one_gpu()
    set_cpu_threads(args.cpu_threads)
    if args.dtype == "auto":
        args.dtype = "bfloat16" if computes_in_bfloat16() else "float32"
    settings = objective.hyperparameters.chosen(args)
    settings.steps_per_update(launched_processes())  # an error of a command line comes before its work
    deepspeed = None if args.deepspeed is None else read_json(args.deepspeed)
    check_quantizable(settings.quantization, deepspeed, settings.weights)
    if settings.weights == "lora":
        objective.check(model.directory, settings)
    tokenizer = load_tokenizer(model.directory)
    data = read_data(objective, args, tokenizer)
    config = objective.configure(settings, args.checkpoints, deepspeed, validated=bool(data.validation))
    if config.process_index == 0:
        write_dropped_rows(args, data)
    require_rows(args, data)
    if config.process_index == 0:
        warn(args, data, settings)
    origin = made_from(model, data, settings, deepspeed, config.world_size)
    key = fingerprint(origin, args.cpu_threads, code_version(objective.code))
    with at_work(args, config):
        with config.main_process_first(local=False):
            if config.process_index == 0:
                prepare_checkpoints(args.checkpoints, key)
        finished = agreed(finished_training(args.checkpoints), config.world_size)
        if finished is None:
            trainer = objective.build_trainer(config, settings, model.directory, tokenizer, data)
            finished = train(trainer, settings, args.checkpoints)
        if config.process_index == 0:
            delivering = deliver_adapter if settings.weights == "lora" else deliver_model
            delivering(finished, args.output, origin, model)


@contextmanager
def at_work(args: argparse.Namespace, config: "TrainingArguments") -> Iterator[None]:
    """Be alone at the checkpoints, and note how long it takes: the first process does so for all."""
    if config.process_index:
        yield
        return
    lock = args.checkpoints.with_name(f"{args.checkpoints.name}.lock")
    gpus = config.world_size if config.device.type == "cuda" else 0
    with sole_writer(lock), attempt(args.checkpoints, gpus, args.cpu_threads * config.world_size):
        yield


def train(trainer: "Trainer", settings: Hyperparameters, checkpoints: Path) -> Path:
    """Train, from the last whole checkpoint if there is one; return the folder of the weights and their log."""
    checkpoint = agreed(last_checkpoint(checkpoints), trainer.args.world_size)
    finished = checkpoints / FINISHED
    with saving(checkpoints):
        train_from(trainer, settings, checkpoint)
        trainer.save_model(str(finished))
    if trainer.args.process_index == 0:
        trainer.state.save_to_json(str(finished / STATE))
        mark_whole(finished)
    return finished


def see_one_gpu() -> None:
    """Hide all GPUs but the first from a process that no launcher started.

    Left to itself, the Trainer would spread its batches over all of them (DataParallel): an update would have
    as many times the rows, and the weights would depend on the machine.
    """
    if "WORLD_SIZE" not in os.environ:
        os.environ["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]


def read_data(
    objective: Objective[SampleT], args: argparse.Namespace, tokenizer: "PreTrainedTokenizerBase"
) -> TrainingData[SampleT]:
    """Return the rows of all files as tokens: to train on, to validate with, and rejected."""
    return select(
        objective.read(args.data, tokenizer, learns_to_end=args.end_of_turn),
        held_out=read_held_out(args.held_out),
        cutoff=args.cutoff,
        over_cutoff=args.over_cutoff,
        max_samples=args.max_samples,
        subset=args.subset,
        validation_share=args.validation_share,
        seed=args.seed,
    )


def write_dropped_rows(args: argparse.Namespace, data: TrainingData[SampleT]) -> None:
    """Write the rows that are not trained on, and how many rows go where."""
    counts = Counts()
    for _ in counts.watch((*data.training, *data.validation)):
        counts.keep()
    for row in counts.watch(data.rejected):
        counts.reject(row["rejected"]["rule"])
    if args.rejected is not None:
        write_rows(args.rejected, data.rejected)
    counts.report(args.counts, validation=len(data.validation), cut=data.cut)


def require_rows(args: argparse.Namespace, data: TrainingData[SampleT]) -> None:
    """Raise UserError if no row is left to train on."""
    if not data.training:
        fallen = Counter(row["rejected"]["rule"] for row in data.rejected)
        reasons = ", ".join(f"{rule} {count}" for rule, count in fallen.most_common())
        raise UserError(
            f"{', '.join(map(str, args.data))}: no row is left to train on, of {len(data.rejected)} read"
            f"{f' ({reasons})' if reasons else ''}; keep more rows in the filters before, or raise --cutoff (now "
            f"{args.cutoff} tokens); {PAGE} explains each reason"
        )


def warn(args: argparse.Namespace, data: TrainingData[SampleT], settings: Hyperparameters) -> None:
    """Say what is doubtful about the training, and what to change, before it takes its time."""
    files = ", ".join(map(str, args.data))
    for doubt in doubts(len(data.training), len(data.validation), args.validation_share, settings):
        log.warning("warning: %s: %s", files, doubt)


def made_from(
    model: Manifest,
    data: TrainingData[SampleT],
    settings: Hyperparameters,
    deepspeed: dict[str, Any] | None,
    processes: int,
) -> dict[str, Any]:
    """Return all that decides the weights: for the manifest, and to know its checkpoints by."""
    return {
        "model": model.fingerprint,
        "data": data.fingerprint,
        "rows": {"training": len(data.training), "validation": len(data.validation)},
        "settings": settings.as_dict(),
        "deepspeed": deepspeed,
        "processes": processes,
        "libraries": {name: version(name) for name in (*LIBRARIES, *[LIBRARY] * (settings.quantization != "none"))},
    }
