"""The proof that a model can be used, made once for each: it loads whole, its logits are numbers, it stops."""

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError, first_line
from scripts.lib.models.chat_format import stop_ids
from scripts.lib.models.loading import load_model
from scripts.lib.models.probing import check_stops, probe_logits
from scripts.lib.models.small_files import vocabulary_size
from scripts.lib.run.gpu_memory import is_gpu_memory_short

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DTYPE = "bfloat16"
"""What the later steps compute in, and two bytes per parameter, whatever the number format of the file."""


def prove(directory: Path, tokenizer: "PreTrainedTokenizerBase") -> None:
    """Raise UserError unless the model of a folder answers chat prompts with finite logits and ends its turn.

    `tokenizer` is the folder's own with what was chosen for it. The model is loaded: about two bytes of memory per
    parameter, on GPUs where there are some.
    """
    import torch
    from transformers import GenerationConfig

    model = load_model(directory, DTYPE, **({"device_map": "auto"} if torch.cuda.is_available() else {}))
    _check_tied(directory, model)
    try:
        logits = probe_logits(model, tokenizer)
    except Exception as error:  # what a wrong configuration leads to is raised wherever the model's code meets it
        if isinstance(error, MemoryError) or is_gpu_memory_short(error):
            raise
        raise UserError(
            f"{directory}: the model cannot be run ({first_line(error)}); give weights and config.json that "
            "save_pretrained wrote together"
        ) from error
    _check_logits(directory, logits)
    # Its own sampling settings have no say here, nor in any later step; they are written on as they are.
    model.generation_config = GenerationConfig(eos_token_id=stop_ids(tokenizer, str(directory)), pad_token_id=0)
    check_stops(model, tokenizer)


def _check_logits(directory: Path, logits: "torch.Tensor") -> None:
    size = vocabulary_size(directory)
    if logits.shape[-1] != size:
        raise UserError(
            f"{directory}: the model chooses among {logits.shape[-1]} tokens, but vocab_size in its config.json is "
            f"{size}; give weights and config.json that save_pretrained wrote together"
        )
    if not logits.isfinite().all():
        raise UserError(
            f"{directory}: the model's logits are not finite numbers (NaN or infinite) in {DTYPE}; "
            "its weights or its config.json are damaged: fetch or copy the model again"
        )
    if not logits.std(dim=-1).all():
        raise UserError(
            f"{directory}: the model gives every token the same probability, so that its weights are zero or "
            "damaged; fetch or copy the model again"
        )


def _check_tied(directory: Path, model: "PreTrainedModel") -> None:
    """Raise UserError if config.json ties two tensors that differ: transformers would keep both, and vllm one."""
    import torch

    if not model.config.get_text_config().tie_word_embeddings or model.get_output_embeddings() is None:
        return
    first, last = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    offloaded = first.is_meta or last.is_meta
    if first is not last and not offloaded and not torch.equal(first.cpu(), last.cpu()):
        raise UserError(
            f"{directory / 'config.json'}: tie_word_embeddings is true, but the weights hold an output layer that "
            "differs from the embedding; set it to false, or take the output layer out of the weights"
        )
