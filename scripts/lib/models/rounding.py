"""A trained model rounded to bf16 and written as a chat model, and the checks that it is the one it should be."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import stop_ids
from scripts.lib.models.files import GENERATION_CONFIG, copy_small_files, edit_json
from scripts.lib.models.loading import load_model, load_tokenizer
from scripts.lib.models.ownership import clear_folder
from scripts.lib.models.probing import check_stops, probe_logits
from scripts.lib.models.saving import saving
from scripts.lib.rows.files import sync

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_SHARD_SIZE = "4GB"
# bf16 keeps 8 bits, so each weight is off by up to 0.2 %. These errors are random: they grow with the
# root of the number of layers, to a few per cent of the logits' spread and not to more.
ROUNDING_TOLERANCE = 0.1


def save_rounded(
    model: "PreTrainedModel", base: Path, target: Path, max_shard_size: str = MAX_SHARD_SIZE
) -> "PreTrainedModel":
    """Write a model as a folder in bf16, with the tokenizer, template and configuration of its base.

    Return what is loaded from it; raises UserError if that is not, bit for bit, what was saved.
    """
    import torch

    for weight in model.parameters():  # not model.to(), which would round the rotary frequencies too
        weight.data = weight.data.to(torch.bfloat16)
    _save(model, load_tokenizer(base), base, target, max_shard_size)
    saved = load_model(target, "bfloat16")
    check_saved(saved, model)
    return saved


def check_written(saved: "PreTrainedModel", expected: "torch.Tensor") -> float:
    """Return how far rounding put the logits of a saved model off (see `probe_logits`), which is in float32 then.

    Raises UserError if more than rounding can, or if the model does not stop at the end of its turn.
    """
    tokenizer = load_tokenizer(Path(saved.name_or_path))
    error = check_rounded(probe_logits(saved.float(), tokenizer), expected)
    check_stops(saved, tokenizer)
    return error


def check_saved(saved: "PreTrainedModel", model: "PreTrainedModel") -> None:
    """Raise UserError unless the model loaded from the folder has, bit for bit, the weights that were saved."""
    import torch

    found = saved.state_dict()
    for name, weight in model.state_dict().items():
        if name not in found or not torch.equal(found[name], weight):
            raise UserError(
                f"{saved.name_or_path}: {name} was not saved as it was; check that the disk is not full, and run again"
            )


def check_rounded(saved: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Return how far rounding to bf16 put the logits off; raises UserError if more than rounding can."""
    error = relative_error(saved, expected)
    if not error <= ROUNDING_TOLERANCE:
        raise UserError(
            f"rounding the weights to bf16 put the logits off by {error:.1e} of their spread, more than "
            f"{ROUNDING_TOLERANCE}: the model is too sensitive, or its weights are not finite"
        )
    return error


def relative_error(found: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Root mean square difference of log-probabilities, over the spread of the expected ones.

    Logits are compared as log-probabilities because a constant added to all of them means nothing.
    """
    found, expected = found.log_softmax(-1), expected.log_softmax(-1)
    spread = (expected - expected.mean(-1, keepdim=True)).square().mean().sqrt()
    return float((found - expected).square().mean().sqrt() / spread)


def _save(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    base: Path,
    target: Path,
    max_shard_size: str,
) -> None:
    """Write the weights with the base's tokenizer and template, and the tokens that end a chat answer."""
    clear_folder(target)
    copy_small_files(base, target)
    with saving(target):
        model.save_pretrained(target, max_shard_size=max_shard_size)
    for shard in target.glob("*.safetensors"):  # written for the owner alone; let others read what they may
        shutil.copymode(target / "config.json", shard)
    original = base / GENERATION_CONFIG
    (target / GENERATION_CONFIG).write_bytes(original.read_bytes())
    edit_json(
        target / GENERATION_CONFIG,
        eos_token_id=stop_ids(tokenizer, str(base)),
        pad_token_id=tokenizer.pad_token_id,
    )
    sync(file for file in target.iterdir() if file.is_file())
