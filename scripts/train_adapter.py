"""Train a LoRA adapter on rows of instruction, input and output, in the model's own chat template.

The loss is taken on the answer and, unless --no-end-of-turn, on the token that ends the turn, so that
the model learns to stop. Rows longer than --cutoff (unless they are cut) and rows beyond --max-samples
are left out, written to --rejected and counted. The defaults are those of the I-SHEEP paper (appendix E), its 16
rows per update included, on however many GPUs. A killed training goes on from its last whole
checkpoint and ends with the same weights; checkpoints of other data or settings are set aside.
Usable on anyone's rows:

    python -m scripts.train_adapter --data rows.jsonl --model results/mine/iter0/merged/manifest.json \\
        --checkpoints work/checkpoints --output adapter/manifest.json
    torchrun --standalone --nproc-per-node 8 -m scripts.train_adapter --deepspeed config/deepspeed/zero3.json …
"""

import argparse
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.errors import UserError
from scripts.lib.models.files import ADAPTER_WEIGHTS, edit_json
from scripts.lib.models.loading import computes_in_bfloat16, load_tokenizer, set_cpu_threads
from scripts.lib.models.manifest import Manifest, load_manifest, write_manifest
from scripts.lib.models.ownership import clear_folder
from scripts.lib.models.saving import saving
from scripts.lib.models.weights import check_finite_file
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.files import read_json, sync
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.held_out import read_held_out
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.run.attempts import attempt
from scripts.lib.run.claims import CHECKPOINTS, INPUT, MODEL, MODEL_OUTPUT, OUTPUT
from scripts.lib.run.locking import sole_writer
from scripts.lib.run.versions import code_version
from scripts.lib.training.card import write_card
from scripts.lib.training.checkpoints import (
    FINISHED,
    finished_training,
    last_checkpoint,
    mark_whole,
    prepare_checkpoints,
)
from scripts.lib.training.data import TrainingData, read_examples, select
from scripts.lib.training.doubts import doubts
from scripts.lib.training.log import write_log
from scripts.lib.training.quantization import LIBRARY, check_quantizable
from scripts.lib.training.settings import Training
from scripts.lib.training.sft import (
    Hyperparameters,
    agreed,
    build_trainer,
    check_adaptable,
    configure,
    launched_processes,
    train_from,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer

log = logging.getLogger(__name__)

ADAPTER_FILES = (ADAPTER_WEIGHTS, "adapter_config.json")
LOG, STATE, CARD = "training_log.jsonl", "trainer_state.json", "README.md"
WEIGHTS_CODE = ("scripts.lib.training.sft", "scripts.lib.training.data", "scripts.lib.training.order")
"""What decides the weights: checkpoints of other code are set aside; what draws, counts and logs is none of it."""
LIBRARIES = ("torch", "transformers", "peft", "trl")


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    files = parser.add_argument_group("files")
    files.add_argument("--data", type=INPUT, nargs="+", required=True, help="rows to train on (JSONL or JSON arrays)")
    files.add_argument(
        "--held-out", type=INPUT, nargs="*", default=[], help="tasks that must never be trained on (JSONL)"
    )
    files.add_argument("--model", type=MODEL, required=True, help="manifest of the model to train on")
    files.add_argument(
        "--checkpoints", type=CHECKPOINTS, required=True, help="folder that a killed training resumes from"
    )
    files.add_argument("--rejected", type=OUTPUT, help="where rows that are not trained on go, with the reason")
    files.add_argument("--counts", type=OUTPUT, help="where the numbers of rows go")
    files.add_argument(
        "--output", type=MODEL_OUTPUT, required=True, help="manifest.json to write; the adapter lies beside it"
    )
    rows = parser.add_argument_group("rows")
    add_options(rows, Training, "cutoff", "over_cutoff", "end_of_turn", "max_samples", "subset", "validation_share")
    training = parser.add_argument_group("training")
    add_options(training, Training, "epochs", "rows_per_update", "batch_size", "order", "learning_rate", "scheduler")
    add_options(training, Training, "warmup_steps", "warmup_ratio", "weight_decay", "adam_beta1", "adam_beta2")
    add_options(training, Training, "lora_targets", "lora_rank", "lora_alpha", "lora_dropout", "quantization")
    add_options(training, Training, "save_steps", "dtype", "cpu_threads")
    training.add_argument("--deepspeed", type=INPUT, help="DeepSpeed configuration, e.g. config/deepspeed/zero3.json")
    add_options(training, Run, "seed")
    return parser


def main(args: argparse.Namespace) -> None:
    """Read rows, train an adapter on them, and write it with its log."""
    # The hub's client reads both when it is imported: nothing is fetched or reported from here on.
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    model = load_manifest(args.model)
    see_one_gpu()
    set_cpu_threads(args.cpu_threads)
    if args.dtype == "auto":
        args.dtype = "bfloat16" if computes_in_bfloat16() else "float32"
    settings = Hyperparameters(**{name: getattr(args, name) for name in Hyperparameters.__annotations__})
    settings.steps_per_update(launched_processes())  # an error of a command line comes before its work
    deepspeed = None if args.deepspeed is None else read_json(args.deepspeed)
    check_quantizable(settings.quantization, deepspeed)
    check_adaptable(model.directory, settings)
    tokenizer = load_tokenizer(model.directory)
    data = read_data(args, tokenizer)
    config = configure(settings, args.checkpoints, deepspeed, validated=bool(data.validation))
    if config.process_index == 0:
        write_dropped_rows(args, data)
    require_rows(args, data)
    if config.process_index == 0:
        warn(args, data, settings)
    origin = made_from(model, data, settings, deepspeed, config.world_size)
    key = fingerprint(origin, args.cpu_threads, code_version(*WEIGHTS_CODE))
    with at_work(args, config):
        with config.main_process_first(local=False):
            if config.process_index == 0:
                prepare_checkpoints(args.checkpoints, key)
        finished = agreed(finished_training(args.checkpoints), config.world_size)
        if finished is None:
            trainer = build_trainer(config, settings, model.directory, tokenizer, data)
            finished = train(trainer, args.checkpoints)
        if config.process_index == 0:
            deliver(finished, args.output, origin, model)


@contextmanager
def at_work(args: argparse.Namespace, config: "SFTConfig") -> Iterator[None]:
    """Be alone at the checkpoints, and note how long it takes: the first process does so for all."""
    if config.process_index:
        yield
        return
    lock = args.checkpoints.with_name(f"{args.checkpoints.name}.lock")
    gpus = config.world_size if config.device.type == "cuda" else 0
    with sole_writer(lock), attempt(args.checkpoints, gpus, args.cpu_threads * config.world_size):
        yield


def train(trainer: "SFTTrainer", checkpoints: Path) -> Path:
    """Train, from the last whole checkpoint if there is one; return the folder of the finished adapter and its log."""
    checkpoint = agreed(last_checkpoint(checkpoints), trainer.args.world_size)
    finished = checkpoints / FINISHED
    with saving(checkpoints):
        train_from(trainer, checkpoint)
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


def read_data(args: argparse.Namespace, tokenizer: "PreTrainedTokenizerBase") -> TrainingData:
    """Return the rows of all files as tokens: to train on, to validate with, and rejected."""
    return select(
        read_examples(args.data, tokenizer, learns_to_end=args.end_of_turn),
        held_out=read_held_out(args.held_out),
        cutoff=args.cutoff,
        over_cutoff=args.over_cutoff,
        max_samples=args.max_samples,
        subset=args.subset,
        validation_share=args.validation_share,
        seed=args.seed,
    )


def write_dropped_rows(args: argparse.Namespace, data: TrainingData) -> None:
    """Write the rows that are not trained on, and how many rows go where."""
    counts = Counts()
    for _ in counts.watch((*data.training, *data.validation)):
        counts.keep()
    for row in counts.watch(data.rejected):
        counts.reject(row["rejected"]["rule"])
    if args.rejected is not None:
        write_rows(args.rejected, data.rejected)
    counts.report(args.counts, validation=len(data.validation), cut=data.cut)


def require_rows(args: argparse.Namespace, data: TrainingData) -> None:
    """Raise UserError if no row is left to train on."""
    if not data.training:
        raise UserError(
            f"{', '.join(map(str, args.data))}: no row is left to train on, of {len(data.rejected)} read; "
            f"keep more rows in the filters before, or raise --cutoff (now {args.cutoff} tokens)"
        )


def warn(args: argparse.Namespace, data: TrainingData, settings: Hyperparameters) -> None:
    """Say what is doubtful about the training, and what to change, before it takes its time."""
    files = ", ".join(map(str, args.data))
    for doubt in doubts(len(data.training), len(data.validation), args.validation_share, settings):
        log.warning("warning: %s: %s", files, doubt)


def made_from(
    model: Manifest, data: TrainingData, settings: Hyperparameters, deepspeed: dict[str, Any] | None, processes: int
) -> dict[str, Any]:
    """Return all that decides the weights: for the adapter's manifest, and to know its checkpoints by."""
    return {
        "model": model.fingerprint,
        "data": data.fingerprint,
        "rows": {"training": len(data.training), "validation": len(data.validation)},
        "settings": settings.as_dict(),
        "deepspeed": deepspeed,
        "processes": processes,
        "libraries": {name: version(name) for name in (*LIBRARIES, *[LIBRARY] * (settings.quantization != "none"))},
    }


def deliver(finished: Path, manifest: Path, origin: dict[str, Any], model: Manifest) -> None:
    """Put a finished adapter beside its manifest: weights (all finite), configuration, log, card, and nothing pickled.

    Its configuration names the model that it was trained on as peft can load it: by the hub's name and revision, from
    anywhere, or else by the path as seen from here, which is the same in every copy of a project. The card says how
    to load it from elsewhere.
    """
    check_finite_file(finished / ADAPTER_WEIGHTS, f"delete {finished} and train again")
    folder = manifest.parent
    clear_folder(folder)
    for name in ADAPTER_FILES:
        shutil.copyfile(finished / name, folder / name)
    sync(folder / name for name in ADAPTER_FILES)
    write_log(folder / LOG, read_json(finished / STATE)["log_history"])
    config = read_json(folder / "adapter_config.json")
    base, revision = model.made_from.get("hub", os.path.relpath(model.directory)), model.made_from.get("revision")
    edit_json(
        folder / "adapter_config.json",
        # peft writes a set in any order and the path as it was given: neither may change the hash.
        target_modules=sorted(config["target_modules"]),
        base_model_name_or_path=base,
        revision=revision,
    )
    write_card(folder / CARD, base, revision)
    write_manifest(folder, "adapter", origin, exclude=(LOG, CARD))
    rows = list(read_rows(folder / LOG))
    last = {key: value for row in rows for key, value in row.items()}
    validation = f", validation {last['eval_loss']:.3f}" if "eval_loss" in last else ", no validation (too few rows)"
    cli.say_where(manifest, f"{last['step']} updates, last loss {last['loss']:.3f}{validation}")


if __name__ == "__main__":
    cli.run(main, parser())
