"""An adapter merged into its base, and the checks that the two together are the model they should be."""

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.files import ADAPTER_WEIGHTS
from scripts.lib.models.rounding import relative_error
from scripts.lib.models.weights import check_finite_file

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

# The order of additions differs between x(W + BA) and xW + (xA)B: float32 has 24 bits, and a deep
# network loses a few of them.
MERGING_TOLERANCE = 1e-3


def attach_adapter(model: "PreTrainedModel", adapter: Path) -> "PeftModel":
    """Return the model with the adapter on top, checked to hold exactly the adapter's tensors, all finite.

    peft only warns of tensors that it does not find, and the adapter would then do nothing.
    """
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    check_finite_file(adapter / ADAPTER_WEIGHTS, "train the adapter again, with a lower learning rate")
    stacked = PeftModel.from_pretrained(model, str(adapter))
    with safe_open(str(adapter / ADAPTER_WEIGHTS), framework="pt") as file:
        stored = set(file.keys())
    loaded = set(get_peft_model_state_dict(stacked, save_embedding_layers=False))
    if stored != loaded:
        raise UserError(
            f"{adapter}: {len(stored ^ loaded)} tensors do not fit the base model, "
            f"such as {min(stored ^ loaded)}; train the adapter again on this base"
        )
    return stacked


def check_merged(merged: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Return how far logits are off, relative to their spread; raises UserError if merging changed them."""
    error = relative_error(merged, expected)
    if not error <= MERGING_TOLERANCE:
        raise UserError(
            f"merging changed the logits by {error:.1e} of their spread, more than {MERGING_TOLERANCE:.0e}: "
            "peft did not merge this adapter faithfully; check the versions of peft and torch"
        )
    return error
