"""A vector for each text, from a model's own final layer."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.models.determinism import compute_reproducibly
from scripts.lib.models.loading import load_model, load_tokenizer, set_cpu_threads
from scripts.lib.models.plain_text import plain_text
from scripts.lib.models.tokens import token_ids
from scripts.lib.rows.grouping import padded_groups
from scripts.lib.run.gpu_memory import needing_gpu_memory

if TYPE_CHECKING:
    import numpy
    import torch
    from transformers import PreTrainedModel

ON_CPU = "compute in bfloat16 (engine.dtype), or on a CPU (CUDA_VISIBLE_DEVICES=)"

LONGEST_TEXT = 1024
"""Tokens of a text that count; as many as training sees of it (appendix E of the I-SHEEP paper)."""


def embed(
    directory: Path, texts: Sequence[str], dtype: str, batch_tokens: int, cpu_threads: int
) -> "numpy.ndarray[Any, Any]":
    """Return the vectors of texts, float32 [texts, hidden size]: the mean of the final layer over the tokens.

    Texts of like length are embedded together, at most `batch_tokens` tokens at once, padding included.
    Only the first LONGEST_TEXT tokens of a text count. A text without tokens has the vector zero.
    """
    import numpy
    import torch
    from tqdm import tqdm

    set_cpu_threads(cpu_threads)
    tokenizer = load_tokenizer(directory)
    compute_reproducibly()
    with needing_gpu_memory(f"{directory}: the model in {dtype}", ON_CPU):
        model = load_model(directory, dtype, device_map="cuda" if torch.cuda.is_available() else "cpu")
    longest = min(LONGEST_TEXT, getattr(model.config, "max_position_embeddings", LONGEST_TEXT))
    options = {"add_special_tokens": True, "truncation": True, "max_length": longest}
    tokens = [token_ids(tokenizer, plain_text(text), **options) for text in texts]
    vectors = numpy.zeros((len(texts), model.config.get_text_config().hidden_size), dtype=numpy.float32)
    with tqdm(total=sum(map(bool, tokens)), desc="embedding", unit="row", mininterval=0.5) as progress:
        for batch in _batches([len(ids) for ids in tokens], batch_tokens):
            remedy = f"lower engine.batch_tokens (--batch-tokens, now {batch_tokens})"
            with needing_gpu_memory(f"{directory}: a batch of {len(batch)} texts", remedy):
                vectors[batch] = _mean_of_final_layer(model, [tokens[place] for place in batch]).cpu().numpy()
            progress.update(len(batch))
    return vectors


def _batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Return the places of texts that have tokens, longest first: what is too large for the memory fails at once."""
    places = (place for place, length in enumerate(lengths) if length)
    return padded_groups(sorted(places, key=lambda place: -lengths[place]), lengths, batch_tokens)


def _mean_of_final_layer(model: "PreTrainedModel", batch: Sequence[Sequence[int]]) -> "torch.Tensor":
    import torch
    from torch.nn.utils.rnn import pad_sequence

    with torch.inference_mode():
        ids = pad_sequence([torch.tensor(tokens, dtype=torch.long) for tokens in batch], batch_first=True)
        mask = pad_sequence([torch.ones(len(tokens), dtype=torch.long) for tokens in batch], batch_first=True)
        output = model.base_model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device))
        states = output.last_hidden_state.float()
        weights = mask[:, :, None].to(states.device)
        return (states * weights).sum(dim=1) / weights.sum(dim=1)
