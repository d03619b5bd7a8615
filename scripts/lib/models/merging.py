"""An adapter merged into its base, and the checks that the result is the model it should be."""

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.files import ADAPTER_WEIGHTS
from scripts.lib.models.weights import check_finite_file

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

# The order of additions differs between x(W + BA) and xW + (xA)B: float32 has 24 bits, and a deep
# network loses a few of them.
MERGING_TOLERANCE = 1e-3
# bf16 keeps 8 bits, so each weight is off by up to 0.2 %. These errors are random: they grow with the
# root of the number of layers, to a few per cent of the logits' spread and not to more.
ROUNDING_TOLERANCE = 0.1


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
    error = _relative_error(merged, expected)
    if not error <= MERGING_TOLERANCE:
        raise UserError(
            f"merging changed the logits by {error:.1e} of their spread, more than {MERGING_TOLERANCE:.0e}: "
            "peft did not merge this adapter faithfully; check the versions of peft and torch"
        )
    return error


def check_saved(saved: "PreTrainedModel", merged: "PreTrainedModel") -> None:
    """Raise UserError unless the model loaded from the folder has, bit for bit, the weights that were saved."""
    import torch

    found = saved.state_dict()
    for name, weight in merged.state_dict().items():
        if name not in found or not torch.equal(found[name], weight):
            raise UserError(
                f"{saved.name_or_path}: {name} was not saved as it was merged; check that the disk is not full, "
                "and run again"
            )


def check_rounded(saved: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Return how far rounding to bf16 put the logits off; raises UserError if more than rounding can."""
    error = _relative_error(saved, expected)
    if not error <= ROUNDING_TOLERANCE:
        raise UserError(
            f"rounding the weights to bf16 put the logits off by {error:.1e} of their spread, more than "
            f"{ROUNDING_TOLERANCE}: the model is too sensitive, or its weights are not finite"
        )
    return error


def _relative_error(found: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Root mean square difference of log-probabilities, over the spread of the expected ones.

    Logits are compared as log-probabilities because a constant added to all of them means nothing.
    """
    found, expected = found.log_softmax(-1), expected.log_softmax(-1)
    spread = (expected - expected.mean(-1, keepdim=True)).square().mean().sqrt()
    return float((found - expected).square().mean().sqrt() / spread)
