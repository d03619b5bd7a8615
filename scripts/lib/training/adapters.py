"""LoRA adapters with peft: what they are put on, and whether a model can have one."""

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError, first_line
from scripts.lib.models.loading import load_model
from scripts.lib.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedModel


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


def check_adaptable(model_folder: Path, settings: Hyperparameters) -> "PeftModel":
    """Raise UserError unless peft can put this adapter on the model; return the two, without any weight.

    No weight is read: this takes a moment. Call it before a trainer is configured, which under ZeRO-3 makes every
    model a sharded one.
    """
    from peft import get_peft_model

    model = load_model(model_folder, settings.dtype, device_map="meta")
    _check_targets(model, settings, model_folder)
    try:
        return get_peft_model(model, lora(settings))
    except ValueError as error:
        remedy = (
            "its experts, of which peft adapts whole tensors, can have no dropout: set "
            f"{settings.CHAPTER}.lora_dropout: 0 (--lora-dropout 0)"
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
            f"{model_folder}: it has no module {', '.join(lacking)}, which {settings.CHAPTER}.lora_targets "
            f"(--lora-targets) asks for; its linear layers are {', '.join(sorted(linear))}"
        )
