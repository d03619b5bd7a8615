"""TRL's trainer of preferences, on pairs that are tokens already.

Imported only once a training starts, since its class needs transformers.
"""

from typing import Any

from datasets import Dataset
from transformers import PreTrainedModel
from trl import DPOTrainer
from trl.trainer.utils import disable_dropout_in_model


class PairTrainer(DPOTrainer):
    """Trains without dropout, but for that of the adapter: the reference has none, and rewards compare the two."""

    def __init__(self, model: PreTrainedModel, **options: Any) -> None:
        disable_dropout_in_model(model)
        super().__init__(model=model, **options)

    def _prepare_dataset(self, dataset: Dataset, *args: Any) -> Dataset:
        """Return the rows as they are: TRL would take their texts, and tokenise prompt and outputs joined."""
        return dataset
