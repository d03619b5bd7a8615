"""The tiny base model: its shape, and how it is written to a folder that loads like any other model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from scripts.lib.models.manifest import load_manifest, write_manifest
from scripts.lib.rows.jsonl import Row, read_rows, write_rows
from scripts.tiny_world.documents import TURN_END

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerBase, Qwen2ForCausalLM

    TinyModel: TypeAlias = Qwen2ForCausalLM | LlamaForCausalLM

LONGEST = 640
"""Tokens of the longest document; a longer one is cut."""
LOG, CURVE = "training_log.jsonl", "training_curve.png"


@dataclass(frozen=True)
class Pretrained:
    """What an earlier pretraining wrote."""

    model: "TinyModel"
    tokenizer: "PreTrainedTokenizerBase"
    log: list[Row]
    made_from: dict[str, Any]


def new_model(vocabulary: int, pad: int, seed: int) -> "Qwen2ForCausalLM":
    """Return the untrained model: Qwen2 with 4.3 million parameters, a quarter of them the tied embedding."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
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


def load_model(manifest: Path) -> Pretrained:
    """Return the model that an earlier pretraining wrote, in float32, with its tokenizer and log."""
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    checked = load_manifest(manifest)
    folder = checked.directory
    return Pretrained(
        LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32),
        AutoTokenizer.from_pretrained(folder),
        list(read_rows(folder / LOG)),
        {"fingerprint": checked.fingerprint, **checked.made_from},
    )


def as_llama(model: "Qwen2ForCausalLM") -> "LlamaForCausalLM":
    """Return the same model as a Llama with biases, that of the attention's output being zero.

    transformers 5 gives whatever is called qwen2 Qwen2's own tokenizer, which would split the score 10
    in two; with any other name it loads the tokenizer that lies beside the model.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    more = ("num_key_value_heads", "max_position_embeddings", "tie_word_embeddings", "pad_token_id", "rms_norm_eps")
    config = LlamaConfig(attention_bias=True, **{name: getattr(model.config, name) for name in (*shape, *more)})
    llama = LlamaForCausalLM(config)
    weights = model.state_dict()
    for name, value in llama.state_dict().items():
        if name.endswith("o_proj.bias"):
            weights[name] = torch.zeros_like(value)
    llama.load_state_dict(weights)
    return llama


def save_model(
    model: "TinyModel",
    tokenizer: "PreTrainedTokenizerBase",
    log: list[Row],
    directory: Path,
    made_from: dict[str, Any],
) -> None:
    """Write weights (bfloat16), tokenizer, chat template, generation config, log, curve, and last the manifest."""
    import torch
    from transformers import GenerationConfig, LlamaForCausalLM

    llama = model if isinstance(model, LlamaForCausalLM) else as_llama(model)
    llama.config.bos_token_id, llama.config.eos_token_id = None, tokenizer.eos_token_id
    llama.generation_config = GenerationConfig(
        eos_token_id=[tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(TURN_END)],
        pad_token_id=tokenizer.pad_token_id,
        do_sample=True,
    )
    llama.to(torch.bfloat16).save_pretrained(directory)
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
