"""An adapter merged into its base, and the checks that the result is the model it should be."""

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import end_of_turn
from scripts.lib.models.files import ADAPTER_WEIGHTS
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.models.weights import check_finite_file

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PROBES = ("Name three colours.", "What is 12 plus 7?\nAnswer with a number.", "Write a sentence about the sea.")
# The order of additions differs between x(W + BA) and xW + (xA)B: float32 has 24 bits, and a deep
# network loses a few of them.
MERGING_TOLERANCE = 1e-3
# bf16 keeps 8 bits, so each weight is off by up to 0.2 %. These errors are random: they grow with the
# root of the number of layers, to a few per cent of the logits' spread and not to more.
ROUNDING_TOLERANCE = 0.1


def attach_adapter(model: "PreTrainedModel", adapter: Path) -> "PeftModel":
    """Return the model with the adapter on top, checked to hold exactly the adapter's tensors, all finite.

    peft only warns of tensors that it does not find, and the adapter would then do nothing.
    """
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    check_finite_file(adapter / ADAPTER_WEIGHTS, "train the adapter again, with a lower learning rate")
    stacked = PeftModel.from_pretrained(model, str(adapter))
    with safe_open(str(adapter / ADAPTER_WEIGHTS), framework="pt") as file:
        stored = set(file.keys())
    loaded = set(get_peft_model_state_dict(stacked, save_embedding_layers=False))
    if stored != loaded:
        raise UserError(
            f"{adapter}: {len(stored ^ loaded)} tensors do not fit the base model, "
            f"such as {min(stored ^ loaded)}; train the adapter again on this base"
        )
    return stacked


def probe_logits(model: "PreTrainedModel | PeftModel", tokenizer: "PreTrainedTokenizerBase") -> "torch.Tensor":
    """Return the model's logits, as float32, for every token of a few chat prompts (tokens × vocabulary)."""
    import torch

    model.eval()
    rows = []
    for probe in PROBES:
        prompt = chat_prompt(tokenizer, probe, "")
        ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            rows.append(model(input_ids=ids.to(model.device)).logits[0].float())
    return torch.cat(rows)


def check_merged(merged: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Return how far logits are off, relative to their spread; raises UserError if merging changed them."""
    error = _relative_error(merged, expected)
    if not error <= MERGING_TOLERANCE:
        raise UserError(
            f"merging changed the logits by {error:.1e} of their spread, more than {MERGING_TOLERANCE:.0e}: "
            "peft did not merge this adapter faithfully; check the versions of peft and torch"
        )
    return error


def check_saved(saved: "PreTrainedModel", merged: "PreTrainedModel") -> None:
    """Raise UserError unless the model loaded from the folder has, bit for bit, the weights that were saved."""
    import torch

    found = saved.state_dict()
    for name, weight in merged.state_dict().items():
        if name not in found or not torch.equal(found[name], weight):
            raise UserError(
                f"{saved.name_or_path}: {name} was not saved as it was merged; check that the disk is not full, "
                "and run again"
            )


def check_rounded(saved: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Return how far rounding to bf16 put the logits off; raises UserError if more than rounding can."""
    error = _relative_error(saved, expected)
    if not error <= ROUNDING_TOLERANCE:
        raise UserError(
            f"rounding the weights to bf16 put the logits off by {error:.1e} of their spread, more than "
            f"{ROUNDING_TOLERANCE}: the model is too sensitive, or its weights are not finite"
        )
    return error


def check_stops(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
    """Raise UserError unless generation stops right after the token that ends a turn in the chat template.

    The token is forced: what is checked is the folder's configuration, not whether a weak model
    would have written it.
    """
    import torch
    from transformers import LogitsProcessorList

    turn_end = end_of_turn(tokenizer, tokenizer.name_or_path)

    def force_end(input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        forced = torch.full_like(scores, -torch.inf)
        forced[:, turn_end.id] = 0
        return forced

    prompt = tokenizer(chat_prompt(tokenizer, PROBES[0], ""), add_special_tokens=False, return_tensors="pt")
    answer = model.generate(
        **prompt.to(model.device),
        max_new_tokens=4,
        do_sample=False,
        logits_processor=LogitsProcessorList([force_end]),
    )
    if answer.shape[1] != prompt["input_ids"].shape[1] + 1:
        raise UserError(
            f"{tokenizer.name_or_path}: generation does not stop at {turn_end.text}, with which the chat "
            "template ends a turn; eos_token_id in generation_config.json must hold its number"
        )


def _relative_error(found: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Root mean square difference of log-probabilities, over the spread of the expected ones.

    Logits are compared as log-probabilities because a constant added to all of them means nothing.
    """
    found, expected = found.log_softmax(-1), expected.log_softmax(-1)
    spread = (expected - expected.mean(-1, keepdim=True)).square().mean().sqrt()
    return float((found - expected).square().mean().sqrt() / spread)
