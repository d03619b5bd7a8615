"""A batch written with transformers' `generate`, from which rows leave once they have ended."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList
from transformers.cache_utils import Cache, DynamicLayer, DynamicSlidingWindowLayer

from scripts.lib.engines.decoding import RowEnds, SeededDraw
from scripts.lib.engines.prefill import PAD
from scripts.lib.engines.restrictions import NeverWritten, NgramPenalties

if TYPE_CHECKING:
    from transformers import GenerationMixin


def write(
    model: "GenerationMixin",
    prompts: torch.Tensor,
    mask: torch.Tensor,
    restrictions: Sequence[NeverWritten | NgramPenalties],
    draw: SeededDraw,
    ends: RowEnds,
) -> list[list[int]]:
    """Return the tokens that the model writes after each prompt, the one that ends it included.

    `prompts` [rows, tokens] are padded on the left, `mask` says which tokens are real. The `restrictions` change
    what is then drawn from, in their order. Whenever enough
    rows have ended, `generate` stops and goes on with the others from what it has computed.
    """
    width, longest = prompts.shape[1], max(ends.most)
    ids, cache = prompts, None
    while True:
        output = model.generate(
            ids,
            attention_mask=mask,
            past_key_values=cache,
            generation_config=GenerationConfig(
                max_new_tokens=width + longest - ids.shape[1],
                do_sample=False,
                pad_token_id=PAD,
                return_dict_in_generate=True,
            ),
            logits_processor=LogitsProcessorList([*restrictions, draw]),
            stopping_criteria=StoppingCriteriaList([ends]),
        )
        ids, cache = output.sequences, output.past_key_values
        mask = F.pad(mask, (0, ids.shape[1] - mask.shape[1]), value=1)
        if not _can_lose_rows(cache):
            ends.leave_together()
        going = ends.keep_going()
        if not going:
            return ends.written
        if len(going) < len(ids):
            chosen = torch.tensor(going, device=ids.device)
            ids, mask = ids[chosen], mask[chosen]
            cache.batch_select_indices(chosen)
            for processor in (*restrictions, draw):
                processor.keep(going)


def _can_lose_rows(cache: Cache) -> bool:
    """Return whether rows can be taken out of what was computed: not yet where layers keep other states than keys."""
    return all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in cache.layers)
