"""A few chat prompts, to see what a loaded model does with them: its logits, and whether it stops."""

from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import end_of_turn
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.models.tokens import token_ids

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PROBES = ("Name three colours.", "What is 12 plus 7?\nAnswer with a number.", "Write a sentence about the sea.")


def probe_logits(model: "PreTrainedModel | PeftModel", tokenizer: "PreTrainedTokenizerBase") -> "torch.Tensor":
    """Return the model's logits, as float32, for every token of a few chat prompts (tokens × vocabulary)."""
    import torch

    model.eval()
    rows = []
    for probe in PROBES:
        ids = torch.tensor([token_ids(tokenizer, chat_prompt(tokenizer, probe, ""))], device=model.device)
        with torch.inference_mode():
            rows.append(model(input_ids=ids).logits[0].float())
    return torch.cat(rows)


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

    prompt = torch.tensor([token_ids(tokenizer, chat_prompt(tokenizer, PROBES[0], ""))], device=model.device)
    answer = model.generate(
        input_ids=prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=4,
        do_sample=False,
        logits_processor=LogitsProcessorList([force_end]),
    )
    if answer.shape[1] != prompt.shape[1] + 1:
        raise UserError(
            f"{tokenizer.name_or_path}: generation does not stop at {turn_end.text}, with which the chat "
            "template ends a turn; eos_token_id in generation_config.json must hold its number"
        )
