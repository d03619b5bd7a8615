"""Loads tokenizers and weights of a checked model: from its own folder, safetensors only, no code from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_tokenizer(directory: Path) -> "PreTrainedTokenizerBase":
    """Return the tokenizer of a model folder; raises UserError naming the folder if it holds no usable one."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(directory), local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise UserError(
            f"{directory}: its tokenizer cannot be read ({first_line(error)}); "
            "give a folder with tokenizer.json (or tokenizer.model) and tokenizer_config.json"
        ) from error


def load_model(directory: Path, dtype: str, **options: Any) -> "PreTrainedModel":
    """Return the causal language model of a folder, its weights in a number format: float32 or bfloat16.

    `options` go to from_pretrained. Raises UserError naming the folder if it cannot be loaded.
    """
    import torch
    import transformers.utils

    # For assisted generation, which nothing here uses, transformers would import scikit-learn: a quarter of the
    # seconds that a job takes to start.
    transformers.utils.is_sklearn_available = lambda: False
    from transformers import AutoModelForCausalLM

    try:
        return AutoModelForCausalLM.from_pretrained(
            str(directory),
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            **options,
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UserError(
            f"{directory}: its weights cannot be loaded ({first_line(error)}); "
            "it must be a causal language model that transformers knows, in safetensors"
        ) from error


def set_cpu_threads(count: int) -> None:
    """Fix how many threads compute on the CPU: the number decides in which order floats are added."""
    import torch

    torch.set_num_threads(count)


def computes_in_bfloat16() -> bool:
    """Return whether this machine has a GPU that computes in bfloat16 itself."""
    import torch

    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, for quoting inside another."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
