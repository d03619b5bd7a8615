"""A batch read by a model, in which a beginning that several rows share is read once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PAD = 0
"""Any token: padding is masked by its place, never known by its number."""

SHORTEST_BEGINNING = 16
"""Tokens that are worth a pass of their own."""


def left_padded(rows: Sequence[Sequence[int]], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows of tokens [rows, longest], padded on the left, and the mask that says which are real."""
    width = max(len(row) for row in rows)
    ids = [[*[PAD] * (width - len(row)), *row] for row in rows]
    mask = [[*[0] * (width - len(row)), *[1] * len(row)] for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def last_logits(
    model: "PreTrainedModel", rows: Sequence[Sequence[int]], shared: Sequence[int], places: int, device: str
) -> torch.Tensor:
    """Return the logits [rows, places, vocabulary] at the last places of each row of tokens.

    The first `shared` tokens of a row (fewer than all, less `places` - 1) are read once for all rows that
    begin with the same ones; the keys and values computed for them are then repeated.
    """
    beginnings = [tuple(row[:length]) for row, length in zip(rows, shared, strict=True)]
    distinct = sorted(set(beginnings))
    if len(distinct) == len(rows) or min(shared) < SHORTEST_BEGINNING or not keeps_all_it_read(model):
        ids, mask = left_padded(rows, device)
        return model(ids, attention_mask=mask, position_ids=_positions(mask), logits_to_keep=places).logits
    ids, mask = left_padded(distinct, device)
    cache = model(ids, attention_mask=mask, position_ids=_positions(mask), logits_to_keep=1).past_key_values
    number = {beginning: place for place, beginning in enumerate(distinct)}
    chosen = torch.tensor([number[beginning] for beginning in beginnings], device=device)
    cache.batch_select_indices(chosen)
    ids, rest = left_padded([row[length:] for row, length in zip(rows, shared, strict=True)], device)
    mask = torch.cat([mask[chosen], rest], dim=1)
    positions = _positions(mask)[:, -ids.shape[1] :]
    return model(ids, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=places).logits


def keeps_all_it_read(model: "PreTrainedModel") -> bool:
    """Return whether every layer keeps the keys and values of all tokens, so that a text can go on in several ways.

    A sliding window is not fit for it: it counts padding, and there is some between a beginning and the rest.
    """
    return all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)


def _positions(mask: torch.Tensor) -> torch.Tensor:
    """Return the place of each token in its text, padding left out."""
    return (mask.cumsum(dim=-1) - 1).clamp(min=0)
