"""What all trainers have in common: how they are set up, the model that they train, and how they come to the end."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError
from scripts.lib.models.determinism import compute_reproducibly, needing_reproducible_kernels
from scripts.lib.models.loading import computes_in_bfloat16, load_model
from scripts.lib.run.gpu_memory import needing_gpu_memory
from scripts.lib.training.adapters import lora
from scripts.lib.training.data import SampleT, TrainingData
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.order import training_order
from scripts.lib.training.quantization import loading_options

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase, Trainer, TrainingArguments

SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


def launched_processes() -> int:
    """Return how many processes train together, as torchrun tells each that it starts; without it there is one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def trainer_options(
    settings: Hyperparameters, checkpoints: Path, deepspeed: dict[str, Any] | None, validated: bool
) -> dict[str, Any]:
    """Return how a trainer of TRL is set up, whatever it learns; DeepSpeed's processes have found each other by then.

    Make its configuration before the weights are loaded: ZeRO-3 shards them as they come.
    """
    import torch

    gpu = torch.cuda.is_available()
    if settings.dtype == "bfloat16" and gpu and not computes_in_bfloat16():
        raise UserError(f"--dtype bfloat16: this GPU cannot compute in it; use --dtype auto ({settings.CHAPTER}.dtype)")
    compute_reproducibly(backward=True)
    if deepspeed is not None:
        _connect_processes(gpu)
    return {
        "output_dir": str(checkpoints),
        "num_train_epochs": 1,  # all epochs stand one after the other in the rows' order: see training_order
        "train_sampling_strategy": "sequential",
        "per_device_train_batch_size": settings.batch_size,
        "per_device_eval_batch_size": settings.batch_size,
        "gradient_accumulation_steps": settings.steps_per_update(launched_processes()),
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": SCHEDULERS[settings.scheduler],
        "warmup_steps": settings.warmup,
        "weight_decay": settings.weight_decay,
        "adam_beta1": settings.adam_beta1,
        "adam_beta2": settings.adam_beta2,
        "bf16": settings.dtype == "bfloat16",
        "use_cpu": not gpu,
        "gradient_checkpointing": gpu,  # saves the memory that is short there, and changes no result
        "max_length": None,  # rows that are too long never get here
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # the filter would log the mean of earlier losses for one that is NaN
        "eval_strategy": "steps" if validated else "no",
        "eval_steps": settings.save_steps,
        "save_strategy": "steps",
        "save_steps": settings.save_steps,
        "save_total_limit": 3,  # the best, the last, and the one before, until the last is known to be whole
        "load_best_model_at_end": validated,
        "metric_for_best_model": "eval_loss" if validated else None,
        "seed": settings.seed,
        "dataloader_pin_memory": gpu,
        "report_to": "none",
        "deepspeed": deepspeed,
    }


def assemble(
    kind: "Callable[..., Trainer]",
    config: "TrainingArguments",
    settings: Hyperparameters,
    model_folder: Path,
    tokenizer: "PreTrainedTokenizerBase",
    data: TrainingData[SampleT],
    dataset: "Callable[[Sequence[SampleT]], Dataset]",
) -> "Trainer":
    """Return a trainer of the model, or of a fresh adapter on it, ready to start or to resume."""
    from transformers import ProgressCallback, set_seed

    from scripts.lib.training.callbacks import MarkWhole, Progress, StopWhereNotFinite

    set_seed(settings.seed)  # the adapter's first weights are drawn when the trainer is made
    order = training_order(
        [len(sample) for sample in data.training],
        epochs=settings.epochs,
        rows_per_update=settings.rows_per_update,
        seed=settings.seed,
        order=settings.order,
    )
    with needing_gpu_memory(f"{model_folder}: the model in {settings.loaded_as}", _spread(settings)):
        trainer = kind(
            model=load_model(
                model_folder, settings.loaded_as, **loading_options(settings.quantization, settings.dtype)
            ),
            args=config,
            train_dataset=dataset(data.training).select(order),
            eval_dataset=dataset(data.validation) if data.validation else None,
            processing_class=tokenizer,
            peft_config=lora(settings) if settings.weights == "lora" else None,
            callbacks=[Progress(), StopWhereNotFinite(settings.CHAPTER), MarkWhole()],
        )
    trainer.remove_callback(ProgressCallback)
    return trainer


def train_from(trainer: "Trainer", settings: Hyperparameters, checkpoint: Path | None) -> None:
    """Train to the end, from a checkpoint if there is one; however it ends, its progress bar is closed."""
    from scripts.lib.training.callbacks import Progress

    rows, chapter = settings.batch_size, settings.CHAPTER
    fewer, shorter = f"lower {chapter}.batch_size (--batch-size, now {rows})", f"lower {chapter}.cutoff (--cutoff)"
    remedy = fewer if rows > 1 else f"{shorter}, or {_spread(settings)}"
    try:
        with needing_gpu_memory(f"a training on {rows} rows at once", remedy), needing_reproducible_kernels():
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    finally:
        trainer.pop_callback(Progress).close()


def agreed(checkpoint: Path | None, processes: int) -> Path | None:
    """Return the checkpoint that the first process found: on a shared file system the others may see another one."""
    from accelerate.utils import broadcast_object_list

    found = [checkpoint]
    if processes > 1:
        broadcast_object_list(found)
    return found[0]


def _spread(settings: Hyperparameters) -> str:
    chapter = settings.CHAPTER
    return f"spread it over more GPUs ({chapter}.gpus_per_node, with {chapter}.deepspeed: zero3)"


def _connect_processes(gpu: bool) -> None:
    """Let DeepSpeed's processes find each other; accelerate does it on GPUs and forgets it on CPUs."""
    if not gpu:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    try:
        from deepspeed import init_distributed
    except ImportError as error:
        raise UserError("--deepspeed: not installed; run `DS_BUILD_OPS=0 pip install deepspeed==0.19.8`") from error
    init_distributed()
