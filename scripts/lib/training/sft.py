"""Supervised fine-tuning with TRL: the loss is taken on the answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.training.data import Example, TrainingData
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.trainers import assemble, trainer_options

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer


def configure(
    settings: Hyperparameters, checkpoints: Path, deepspeed: dict[str, Any] | None, validated: bool
) -> "SFTConfig":
    """Return TRL's configuration."""
    from trl import SFTConfig

    return SFTConfig(**trainer_options(settings, checkpoints, deepspeed, validated))


def build_trainer(
    config: "SFTConfig",
    settings: Hyperparameters,
    model_folder: Path,
    tokenizer: "PreTrainedTokenizerBase",
    data: TrainingData[Example],
) -> "SFTTrainer":
    """Return a trainer of the model, or of a fresh adapter on it, ready to start or to resume."""
    from trl import SFTTrainer

    return assemble(SFTTrainer, config, settings, model_folder, tokenizer, data, _dataset)


def _dataset(examples: Sequence[Example]) -> "Dataset":
    """Rows that TRL takes as they are: labels that are there already are neither made nor changed."""
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [example.input_ids for example in examples],
            "labels": [example.labels for example in examples],
        }
    )
