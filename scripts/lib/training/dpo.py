"""Direct preference optimization with TRL (Rafailov et al. 2023, arXiv 2305.18290): of two outputs, prefer the chosen.

The model is held to the one that it starts from: itself with its adapter switched off, or where all weights are
trained, a second copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError
from scripts.lib.models.loading import load_model
from scripts.lib.training.adapters import check_adaptable
from scripts.lib.training.data import TrainingData
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.pairs import Pair
from scripts.lib.training.trainers import assemble, trainer_options

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase
    from trl import DPOConfig, DPOTrainer


@dataclass(frozen=True)
class PreferenceHyperparameters(Hyperparameters):
    """What a training does with its pairs."""

    beta: float = field(kw_only=True)

    CHAPTER = "autoif.dpo"


def check_preferable(model_folder: Path, settings: PreferenceHyperparameters) -> None:
    """Raise UserError unless the model can have this adapter, and TRL would train all of it."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = check_adaptable(model_folder, settings)
    if isinstance(adapted.get_output_embeddings(), BaseTunerLayer):
        raise UserError(
            f"{model_folder}: training on pairs takes its output layer as it is; leave it out of "
            f"{settings.CHAPTER}.lora_targets (--lora-targets), which names {', '.join(settings.target_modules)}"
        )


def configure(
    settings: PreferenceHyperparameters, checkpoints: Path, deepspeed: dict[str, Any] | None, validated: bool
) -> "DPOConfig":
    """Return TRL's configuration."""
    from trl import DPOConfig

    options = trainer_options(settings, checkpoints, deepspeed, validated)
    # TRL would switch off the adapter's dropout too, which is a setting here: see PairTrainer.
    return DPOConfig(**options, loss_type=["sigmoid"], beta=settings.beta, disable_dropout=False)


def build_trainer(
    config: "DPOConfig",
    settings: PreferenceHyperparameters,
    model_folder: Path,
    tokenizer: "PreTrainedTokenizerBase",
    data: TrainingData[Pair],
) -> "DPOTrainer":
    """Return a trainer of the model, or of a fresh adapter on it, ready to start or to resume."""
    from scripts.lib.training.pair_trainer import PairTrainer

    reference = None if settings.weights == "lora" else load_model(model_folder, settings.loaded_as)
    trainer_of = partial(PairTrainer, ref_model=reference)
    return assemble(trainer_of, config, settings, model_folder, tokenizer, data, _dataset)


def _dataset(pairs: Sequence[Pair]) -> "Dataset":
    """Rows as TRL has them once it has tokenised them."""
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "prompt_ids": [pair.prompt for pair in pairs],
            "chosen_ids": [pair.chosen for pair in pairs],
            "rejected_ids": [pair.rejected for pair in pairs],
        }
    )
