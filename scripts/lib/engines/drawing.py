"""Tokens drawn row by row inside transformers' `generate`: each row has its own seed, and its own end."""

from collections.abc import Callable, Sequence
from itertools import count

import numpy as np
import torch
from transformers import LogitsProcessor, StoppingCriteria

FIRST_WIDTH = 128
"""Tokens looked at first for a nucleus; most nuclei are smaller, and sorting a vocabulary is slow."""


class SeededDraw(LogitsProcessor):
    """Leaves each row the one token that its own uniform number picks from its nucleus.

    Every row has one number per step, drawn from its seed before the batch starts, and picks by
    inverse CDF over its most probable tokens (float64); temperature 0 picks the most probable one.
    So a row's text depends on its seed and its logits, never on its neighbours' seeds.
    """

    def __init__(
        self, seeds: Sequence[int], temperatures: Sequence[float], top_ps: Sequence[float], steps: int
    ) -> None:
        self._uniforms = torch.from_numpy(np.stack([uniforms(seed, steps) for seed in seeds]))
        self._temperatures = torch.tensor(temperatures, dtype=torch.float64)[:, None]
        self._top_ps = torch.tensor(top_ps, dtype=torch.float64)[:, None]
        self._steps = count()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores that are 0 at each row's token and -inf elsewhere."""
        # On a GPU, transformers may compute a step beyond the last one; its tokens are thrown away.
        step = min(next(self._steps), self._uniforms.shape[1] - 1)
        tokens = scores.argmax(dim=-1)
        if self._temperatures.any():
            drawn = self._draw(scores, self._uniforms[:, step, None].to(scores.device))
            tokens = torch.where(self._temperatures[:, 0].to(scores.device) > 0, drawn, tokens)
        return torch.full_like(scores, -torch.inf).scatter_(1, tokens[:, None], 0.0)

    def _draw(self, scores: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
        greedy_as_one = torch.where(self._temperatures > 0, self._temperatures, 1.0).to(scores.device)
        probabilities = torch.softmax(scores.double() / greedy_as_one, dim=-1)
        top_p = self._top_ps.to(scores.device)
        values, tokens = _most_probable(probabilities, top_p)
        reached = values.cumsum(dim=-1)
        nucleus = torch.where(reached - values < top_p, values, 0.0)
        place = torch.searchsorted(nucleus.cumsum(dim=-1), uniform * nucleus.sum(dim=-1, keepdim=True), right=True)
        last = (nucleus > 0).sum(dim=-1, keepdim=True) - 1
        return tokens.gather(1, torch.minimum(place, last))[:, 0]


def _most_probable(probabilities: torch.Tensor, top_p: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the most probable tokens of each row, sorted: as many as hold every row's nucleus."""
    vocabulary = probabilities.shape[-1]
    if vocabulary > FIRST_WIDTH:
        values, tokens = probabilities.topk(FIRST_WIDTH, dim=-1)
        if bool((values.sum(dim=-1, keepdim=True) >= top_p).all()):
            return values, tokens
    return probabilities.sort(dim=-1, descending=True, stable=True)


def uniforms(seed: int, steps: int) -> np.ndarray:
    """Return a row's numbers in [0, 1), one per step; a longer draw begins with the shorter one."""
    return np.random.Generator(np.random.Philox(seed)).random(steps)


class RowEnds(StoppingCriteria):
    """Ends each row at its own stop tokens, stop strings and length; `lengths` says after how many tokens."""

    def __init__(
        self,
        stop_ids: frozenset[int],
        stops: Sequence[Sequence[str]],
        max_tokens: Sequence[int],
        decode: Callable[[Sequence[int]], str],
    ) -> None:
        self._stop_ids = stop_ids
        self._stops = stops
        self._max_tokens = max_tokens
        self._decode = decode
        # A token is at least one byte, so that this many tokens hold every stop string just written.
        self._window = max((len(text.encode()) for texts in stops for text in texts), default=0) + 1
        self._step = 0
        self.lengths: list[int | None] = [None] * len(stops)

    def __call__(self, input_ids: torch.Tensor, scores: object, **kwargs: object) -> torch.Tensor:
        """Return which rows have ended."""
        self._step += 1
        tails = input_ids[:, -min(self._window, self._step) :].tolist()
        for row, tail in enumerate(tails):
            if self.lengths[row] is None and self._ends(row, tail):
                self.lengths[row] = self._step
        return torch.tensor([length is not None for length in self.lengths], device=input_ids.device)

    def _ends(self, row: int, tail: list[int]) -> bool:
        if tail[-1] in self._stop_ids or self._step >= self._max_tokens[row]:
            return True
        if not self._stops[row]:
            return False
        text = self._decode(tail)
        return any(stop in text for stop in self._stops[row])
