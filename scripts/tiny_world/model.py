"""The tiny base model: its shape, and how it is written to a folder that loads like any other model."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.manifest import write_manifest
from scripts.lib.records import Row, write_rows
from scripts.tiny_world.documents import TURN_END

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast, Qwen2ForCausalLM

LONGEST = 640
"""Tokens of the longest document; a longer one is cut."""
BATCH_TOKENS = 4096
LOG, CURVE = "training_log.jsonl", "training_curve.png"


def new_model(vocabulary: int, pad: int) -> "Qwen2ForCausalLM":
    """Return the untrained model: Qwen2 with 3.7 million parameters, of which the embedding is tied."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=vocabulary,
            hidden_size=256,
            intermediate_size=704,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            pad_token_id=pad,
        )
    )


def save_model(
    model: "Qwen2ForCausalLM",
    tokenizer: "PreTrainedTokenizerFast",
    log: list[Row],
    directory: Path,
    made_from: dict[str, Any],
) -> None:
    """Write weights (bfloat16), tokenizer, chat template, generation config, log, curve, and last the manifest."""
    import torch
    from transformers import GenerationConfig

    model.config.eos_token_id = tokenizer.eos_token_id
    model.generation_config = GenerationConfig(
        eos_token_id=[tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(TURN_END)],
        pad_token_id=tokenizer.pad_token_id,
        do_sample=True,
    )
    model.to(torch.bfloat16).save_pretrained(directory, safe_serialization=True)
    tokenizer.save_pretrained(directory)
    write_rows(directory / LOG, log)
    _draw_curve(log, directory / CURVE)
    write_manifest(directory, "model", made_from, exclude=(LOG, CURVE))


def _draw_curve(log: list[Row], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.plot([row["tokens"] / 1e6 for row in log], [row["loss"] for row in log])
    axes.set(xlabel="million tokens", ylabel="weighted loss (nats per token)", title="Pretraining of the tiny model")
    figure.savefig(path, dpi=100, bbox_inches="tight", metadata={"Software": None})
    pyplot.close(figure)
