"""LoRA fine-tuning with peft and TRL, put together from this project's settings."""

import os
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError, first_line
from scripts.lib.models.determinism import compute_reproducibly, needing_reproducible_kernels
from scripts.lib.models.loading import computes_in_bfloat16, load_model
from scripts.lib.run.gpu_memory import needing_gpu_memory
from scripts.lib.training.data import Example, TrainingData
from scripts.lib.training.order import Order, training_order
from scripts.lib.training.quantization import loading_options
from scripts.lib.training.updates import FLAGS, steps_per_update

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer


ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
"""What the projections of attention are called in Llama and most models since."""
SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
SPREAD = "spread it over more GPUs (training.gpus_per_node, with training.deepspeed: zero3)"


@dataclass(frozen=True)
class Hyperparameters:
    """What a training does with its rows; the command line's defaults are those of the paper (App. E).

    Those that have a default here came later: manifests of adapters name them where they are something else.
    """

    epochs: float
    batch_size: int
    rows_per_update: int
    learning_rate: float
    warmup_steps: int
    order: Order
    lora_rank: int
    lora_alpha: int
    lora_dropout: float
    save_steps: int
    dtype: str
    seed: int
    lora_targets: str | tuple[str, ...] = "all-linear"
    quantization: str = "none"
    scheduler: str = "cosine"
    warmup_ratio: float | None = None
    weight_decay: float = 0.0
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    end_of_turn: bool = True

    @property
    def warmup(self) -> float:
        """As the Trainer takes it: a number of updates, or below 1 a share of them."""
        return self.warmup_steps if self.warmup_ratio is None else self.warmup_ratio

    @property
    def target_modules(self) -> str | list[str]:
        """As peft takes it: names of modules, or its word for all linear layers but the output layer."""
        named = ATTENTION if self.lora_targets == "attention" else self.lora_targets
        return named if isinstance(named, str) else list(named)

    def steps_per_update(self, processes: int) -> int:
        """Return over how many steps of so many processes an update goes; raises UserError if it is no whole number."""
        return steps_per_update(self.rows_per_update, self.batch_size, processes, FLAGS)

    def as_dict(self) -> dict[str, Any]:
        """All of them by name, for fingerprints and manifests; of later ones, those that are not as they were."""
        later = {field.name: field.default for field in fields(self) if field.default is not MISSING}
        return {name: value for name, value in asdict(self).items() if name not in later or value != later[name]}


def launched_processes() -> int:
    """Return how many processes train together, as torchrun tells each that it starts; without it there is one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def configure(
    settings: Hyperparameters, checkpoints: Path, deepspeed: dict[str, Any] | None, validated: bool
) -> "SFTConfig":
    """Return TRL's configuration. Make it before the weights are loaded: ZeRO-3 shards them as they come."""
    import torch
    from trl import SFTConfig

    gpu = torch.cuda.is_available()
    if settings.dtype == "bfloat16" and gpu and not computes_in_bfloat16():
        raise UserError("--dtype bfloat16: this GPU cannot compute in it; use --dtype auto (training.dtype)")
    compute_reproducibly(backward=True)
    if deepspeed is not None:
        _connect_processes(gpu)
    return SFTConfig(
        output_dir=str(checkpoints),
        num_train_epochs=1,  # all epochs stand one after the other in the rows' order: see training_order
        train_sampling_strategy="sequential",
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.steps_per_update(launched_processes()),
        learning_rate=settings.learning_rate,
        lr_scheduler_type=SCHEDULERS[settings.scheduler],
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        adam_beta1=settings.adam_beta1,
        adam_beta2=settings.adam_beta2,
        bf16=settings.dtype == "bfloat16",
        use_cpu=not gpu,
        gradient_checkpointing=gpu,  # saves the memory that is short there, and changes no result
        max_length=None,  # rows that are too long never get here
        logging_steps=1,
        logging_nan_inf_filter=False,  # the filter would log the mean of earlier losses for one that is NaN
        eval_strategy="steps" if validated else "no",
        eval_steps=settings.save_steps,
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=3,  # the best, the last, and the one before, until the last is known to be whole
        load_best_model_at_end=validated,
        metric_for_best_model="eval_loss" if validated else None,
        seed=settings.seed,
        dataloader_pin_memory=gpu,
        report_to="none",
        deepspeed=deepspeed,
    )


def check_adaptable(model_folder: Path, settings: Hyperparameters) -> None:
    """Raise UserError unless peft can put this adapter on the model. No weight is read: this takes a moment.

    Call it before `configure`, which under ZeRO-3 makes every model a sharded one.
    """
    from peft import get_peft_model

    model = load_model(model_folder, settings.dtype, device_map="meta")
    _check_targets(model, settings, model_folder)
    try:
        get_peft_model(model, lora(settings))
    except ValueError as error:
        remedy = (
            "its experts, of which peft adapts whole tensors, can have no dropout: set training.lora_dropout: 0 "
            "(--lora-dropout 0)"
            if settings.lora_dropout and "lora_dropout" in str(error)
            else "use a model with linear layers that peft knows"
        )
        raise UserError(
            f"{model_folder}: no LoRA adapter can be trained on this model ({first_line(error)}); {remedy}"
        ) from error


def _check_targets(model: "PreTrainedModel", settings: Hyperparameters, model_folder: Path) -> None:
    """Raise UserError for a module to be adapted that the model lacks: peft would pass over one among others."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    if isinstance(settings.target_modules, str):
        return
    lacking = [
        target
        for target in settings.target_modules
        if not any(f".{name}".endswith(f".{target}") for name, _ in model.named_modules())
    ]
    if lacking:
        linear = {
            name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, Linear | Conv1D)
        }
        raise UserError(
            f"{model_folder}: it has no module {', '.join(lacking)}, which training.lora_targets (--lora-targets) asks "
            f"for; its linear layers are {', '.join(sorted(linear))}"
        )


def build_trainer(
    config: "SFTConfig",
    settings: Hyperparameters,
    model_folder: Path,
    tokenizer: "PreTrainedTokenizerBase",
    data: TrainingData,
) -> "SFTTrainer":
    """Return a trainer of a fresh adapter on the model, ready to start or to resume."""
    from transformers import ProgressCallback, set_seed
    from trl import SFTTrainer

    from scripts.lib.training.callbacks import MarkWhole, Progress, StopWhereNotFinite

    set_seed(settings.seed)  # the adapter's first weights are drawn when the trainer is made
    order = training_order(
        [len(example) for example in data.training],
        epochs=settings.epochs,
        rows_per_update=settings.rows_per_update,
        seed=settings.seed,
        order=settings.order,
    )
    with needing_gpu_memory(f"{model_folder}: the model in {settings.dtype}", SPREAD):
        trainer = SFTTrainer(
            model=load_model(model_folder, settings.dtype, **loading_options(settings.quantization, settings.dtype)),
            args=config,
            train_dataset=_dataset(data.training).select(order),
            eval_dataset=_dataset(data.validation) if data.validation else None,
            processing_class=tokenizer,
            peft_config=lora(settings),
            callbacks=[Progress(), StopWhereNotFinite(), MarkWhole()],
        )
    trainer.remove_callback(ProgressCallback)
    return trainer


def train_from(trainer: "SFTTrainer", checkpoint: Path | None) -> None:
    """Train to the end, from a checkpoint if there is one; however it ends, its progress bar is closed."""
    from scripts.lib.training.callbacks import Progress

    rows = trainer.args.per_device_train_batch_size
    fewer, shorter = f"lower training.batch_size (--batch-size, now {rows})", "lower training.cutoff (--cutoff)"
    remedy = fewer if rows > 1 else f"{shorter}, or {SPREAD}"
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


def _connect_processes(gpu: bool) -> None:
    """Let DeepSpeed's processes find each other; accelerate does it on GPUs and forgets it on CPUs."""
    if not gpu:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    try:
        from deepspeed import init_distributed
    except ImportError as error:
        raise UserError("--deepspeed: not installed; run `DS_BUILD_OPS=0 pip install deepspeed==0.19.8`") from error
    init_distributed()


def lora(settings: Hyperparameters) -> "LoraConfig":
    """Return the adapter as peft takes it."""
    from peft import LoraConfig

    return LoraConfig(
        task_type="CAUSAL_LM",
        target_modules=settings.target_modules,
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
    )


def _dataset(examples: list[Example]) -> "Dataset":
    """Rows that TRL takes as they are: labels that are there already are neither made nor changed."""
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [example.input_ids for example in examples],
            "labels": [example.labels for example in examples],
        }
    )
