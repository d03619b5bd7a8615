"""Base weights in 4 bits while an adapter is trained on them (QLoRA, Dettmers et al. 2023, arXiv 2305.14314)."""

from importlib.util import find_spec
from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.training.settings import NOT_WITH_FULL, NOT_WITH_ZERO3

LIBRARY = "bitsandbytes"


def check_quantizable(quantization: str, deepspeed: dict[str, Any] | None, weights: str) -> None:
    """Raise UserError unless this machine can train on weights in such a format ("none" or "nf4")."""
    if quantization == "none":
        return
    if weights == "full":
        raise UserError(f"--quantization {quantization}: {NOT_WITH_FULL}")
    if find_spec(LIBRARY) is None:
        raise UserError(
            f"--quantization {quantization}: {LIBRARY} is not installed; run `pip install {LIBRARY}`, or train on "
            "whole weights (quantization: none)"
        )
    if (deepspeed or {}).get("zero_optimization", {}).get("stage") == 3:
        raise UserError(f"--quantization {quantization}: {NOT_WITH_ZERO3}")


def loading_options(quantization: str, dtype: str) -> dict[str, Any]:
    """Return what `load_model` needs to load weights in this format, which are computed with in `dtype`."""
    if quantization == "none":
        return {}
    import torch
    from transformers import BitsAndBytesConfig

    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type=quantization,
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=getattr(torch, dtype),
        )
    }
