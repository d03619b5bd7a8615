"""A random model with a real tokenizer, built in a second: for tests of everything around a model."""

import random
from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from scripts.lib.models.manifest import write_manifest

ROOT = Path(__file__).parents[1]
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CONTEXT = 512
# Words, and digits one by one as Qwen2's tokenizer does, so that "10" is two tokens.
_PIECES = Regex(r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+")


def build_random_model(directory: Path, seed: int = 0, *, adds_begin: bool = False) -> Path:
    """Build a Qwen2 of about half a million random parameters with a byte-level BPE tokenizer, as a folder.

    It has a ChatML template, a generation config that ends at <|im_end|> and <|endoftext|>, and a
    manifest. With `adds_begin`, its tokenizer writes <|endoftext|> before a text by itself, as Llama 3's does with
    its own token. Returns the directory.
    """
    tokenizer = _tokenizer(adds_begin)
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            initializer_range=0.3,
            eos_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
            pad_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
        )
    )
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    write_manifest(directory, "model", {"test": "random weights", "seed": seed})
    return directory


def byte_level_bpe(special_tokens: Iterable[str]) -> Tokenizer:
    """Train a byte-level BPE, as Qwen2 and Llama 3 have one, on a few words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_PIECES, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=list(special_tokens), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(sentences(), trainer)
    return tokenizer


def _tokenizer(adds_begin: bool) -> PreTrainedTokenizerFast:
    backend = byte_level_bpe(SPECIAL_TOKENS)
    begin = ("<|endoftext|>", backend.token_to_id("<|endoftext|>"))
    if adds_begin:
        backend.post_processor = processors.TemplateProcessing(single=f"{begin[0]} $A", special_tokens=[begin])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token=begin[0] if adds_begin else None,
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        chat_template=(ROOT / "config/chat_templates/chatml.jinja").read_text(encoding="utf-8"),
    )


def sentences() -> list[str]:
    """Return 400 lines of a few words, the same each time."""
    words = [
        "system",
        "user",
        "assistant",
        "you",
        "are",
        "a",
        "helpful",
        "list",
        "words",
        "name",
        "instruction",
    ]
    rng = random.Random(0)
    return [f"{' '.join(rng.choices(words, k=12))} {rng.randint(0, 99)}.\n" for _ in range(400)]
