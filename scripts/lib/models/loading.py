"""Loads tokenizers and weights of a model: from its own folder, whole, safetensors only, no code from it."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError, first_line
from scripts.lib.models.weights import check_complete, check_finite
from scripts.lib.run.gpu_memory import is_gpu_memory_short

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def load_tokenizer(directory: Path) -> "PreTrainedTokenizerBase":
    """Return the tokenizer of a model folder; raises UserError naming the folder if it holds no usable one."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(directory), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the tokenizers library knows no other exception
        raise UserError(
            f"{directory}: its tokenizer cannot be read ({first_line(error)}); "
            "give a folder with tokenizer.json (or tokenizer.model) and tokenizer_config.json"
        ) from error


def load_model(directory: Path, dtype: str, **options: Any) -> "PreTrainedModel":
    """Return the causal language model of a folder, its weights in a number format: float32 or bfloat16.

    `options` go to from_pretrained. Raises UserError naming the folder if it cannot be loaded, and the tensors
    if one is missing, left over, of another shape or not finite. With device_map="meta" no weight is read: this
    checks names and shapes in a moment.
    """
    return _load("AutoModelForCausalLM", "a causal language model", directory, dtype, options)


def load_classifier(directory: Path, dtype: str, **options: Any) -> "PreTrainedModel":
    """Return the sequence classification model of a folder; all else is as for `load_model`."""
    return _load("AutoModelForSequenceClassification", "a sequence classification model", directory, dtype, options)


def _load(loader: str, kind: str, directory: Path, dtype: str, options: dict[str, Any]) -> "PreTrainedModel":
    import torch
    import transformers.utils

    # For assisted generation, which nothing here uses, transformers would import scikit-learn: a quarter of the
    # seconds that a job takes to start.
    transformers.utils.is_sklearn_available = lambda: False

    try:
        with _without_table_of_tensors():
            model, report = getattr(transformers, loader).from_pretrained(
                str(directory),
                dtype=getattr(torch, dtype),
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are in the report, which is refused below
                **options,
            )
    except Exception as error:  # a model's own code stumbles over a wrong configuration in whatever way it may
        if isinstance(error, MemoryError) or is_gpu_memory_short(error):
            raise
        raise UserError(
            f"{directory}: its weights cannot be loaded ({first_line(error)}); "
            f"it must be {kind} that transformers knows, in safetensors"
        ) from error
    check_complete(directory, report)
    check_finite(directory, model.state_dict(keep_vars=True).items(), "fetch or copy the model again, or train it anew")
    return model


@contextlib.contextmanager
def _without_table_of_tensors() -> Iterator[None]:
    """Keep back what transformers prints of tensors that do not fit: an error names them here."""
    logger = logging.getLogger("transformers.modeling_utils")

    def keep(record: logging.LogRecord) -> bool:
        return not any(text in record.getMessage() for text in ("LOAD REPORT", "checkpoint seem corrupted"))

    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)


def set_cpu_threads(count: int) -> None:
    """Fix how many threads compute on the CPU: the number decides in which order floats are added."""
    import torch

    torch.set_num_threads(count)


def computes_in_bfloat16() -> bool:
    """Return whether this machine has a GPU that computes in bfloat16 itself."""
    import torch

    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
