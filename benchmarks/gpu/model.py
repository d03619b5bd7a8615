"""A Llama of a chosen size with random weights, as a model folder: none of that size can be fetched everywhere.

Speed depends on the shapes alone. Only its last layer is scaled: with the usual first weights every token would be
about as probable as another, which no trained model is like, and a nucleus would hold most of the vocabulary.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.models.manifest import write_manifest

TOKENIZER = Path(__file__).parents[2] / "config" / "models" / "tiny"
"""Whose tokenizer, template and generation config it gets; the model may know more tokens than these."""

SPREAD_OF_LOGITS = 6.0
"""Standard deviation of a place's logits, at which the nucleus of 0.95 has some tens of tokens."""


@dataclass(frozen=True)
class Size:
    """The shape of a Llama."""

    hidden: int
    inner: int
    layers: int
    heads: int
    key_value_heads: int
    vocabulary: int = 32_000
    context: int = 2048


BILLION = Size(hidden=2048, inner=5632, layers=22, heads=32, key_value_heads=4)
"""That of TinyLlama: 1.1 billion parameters."""

SMALL = Size(hidden=1024, inner=2816, layers=6, heads=16, key_value_heads=4, vocabulary=4096)
"""76 million parameters, in layers as wide as kernels for large models need them to be."""


SIZES = {"billion": BILLION, "small": SMALL}


def build_random_llama(directory: Path, size: Size, seed: int = 0) -> Path:
    """Build a model of this size in bfloat16 with its manifest; returns the folder. A billion takes a minute."""
    import torch
    from transformers import AutoTokenizer, GenerationConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size.vocabulary,
            hidden_size=size.hidden,
            intermediate_size=size.inner,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            num_key_value_heads=size.key_value_heads,
            max_position_embeddings=size.context,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    with torch.no_grad():
        model.lm_head.weight.normal_(0.0, SPREAD_OF_LOGITS / math.sqrt(size.hidden))
    model.generation_config = GenerationConfig.from_pretrained(TOKENIZER)
    model.bfloat16().save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    write_manifest(directory, "model", {"random": vars(size), "seed": seed})
    return directory
