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

    def __init__(self, model: PreTrainedModel, ref_model: PreTrainedModel | None, **options: Any) -> None:
        for each in (model, *([] if ref_model is None else [ref_model])):
            disable_dropout_in_model(each)
        super().__init__(model=model, ref_model=ref_model, **options)

    def _prepare_dataset(self, dataset: Dataset, *args: Any) -> Dataset:
        """Return the rows as they are: TRL would take their texts, and tokenise prompt and outputs joined."""
        return dataset
