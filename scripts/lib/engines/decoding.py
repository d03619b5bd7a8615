"""Tokens drawn row by row inside transformers' `generate`: each row has its own seed, and its own end."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from transformers import LogitsProcessor, StoppingCriteria

FIRST_WIDTH = 128
"""Tokens looked at first for a nucleus; most nuclei are smaller, and sorting a vocabulary is slow."""

LEAVING_SHARE = 0.25
"""Share of a batch's rows that have ended at which they leave it: fewer are cheaper to compute than to take out."""

UNIT = 2**53
"""What a probability of 1 counts as, in whole numbers, whose sums do not depend on the order in which they are added: a
GPU adds up floats, where one row is left, in any. A float64 has 53 bits."""


class SeededDraw(LogitsProcessor):
    """Leaves each row the one token that its own uniform number picks from its nucleus.

    Every row has one number per step, drawn from its seed before the batch starts, and picks by
    inverse CDF over its most probable tokens (float64); temperature 0 picks the most probable one.
    So a row's text depends on its seed and its logits, never on its neighbours' seeds.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        temperatures: Sequence[float],
        top_ps: Sequence[float],
        steps: int,
        width: int,
        device: str,
    ) -> None:
        """Take what each row asks for; `steps` is the longest text, `width` how many tokens stand before it."""
        self._uniforms = torch.from_numpy(np.stack([uniforms(seed, steps) for seed in seeds])).to(device)
        self._temperatures = torch.tensor(temperatures, dtype=torch.float64, device=device)[:, None]
        self._top_ps = torch.tensor(top_ps, dtype=torch.float64, device=device)[:, None]
        self._width = width
        self._draws = any(temperatures)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the rows at these places alone."""
        self._uniforms, self._temperatures, self._top_ps = (
            values[list(places)] for values in (self._uniforms, self._temperatures, self._top_ps)
        )

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores that are 0 at each row's token and -inf elsewhere."""
        tokens = scores.argmax(dim=-1)
        if self._draws:
            drawn = self._draw(scores, self._uniforms[:, input_ids.shape[1] - self._width, None])
            tokens = torch.where(self._temperatures[:, 0] > 0, drawn, tokens)
        return torch.full_like(scores, -torch.inf).scatter_(1, tokens[:, None], 0.0)

    def _draw(self, scores: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
        greedy_as_one = torch.where(self._temperatures > 0, self._temperatures, 1.0)
        probabilities = torch.softmax(scores.double() / greedy_as_one, dim=-1)
        most = (self._top_ps * UNIT).long()
        counts, tokens = _most_probable(probabilities, most)
        nucleus = torch.where(counts.cumsum(dim=-1) - counts < most, counts, 0)
        reached = nucleus.cumsum(dim=-1)
        place = torch.searchsorted(reached, (uniform * reached[:, -1:]).long(), right=True)
        last = (nucleus > 0).sum(dim=-1, keepdim=True) - 1
        return tokens.gather(1, torch.minimum(place, last))[:, 0]


def _most_probable(probabilities: torch.Tensor, most: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the probabilities of each row, in units, and their tokens, sorted: as many as hold every row's nucleus."""
    if probabilities.shape[-1] > FIRST_WIDTH:
        values, tokens = probabilities.topk(FIRST_WIDTH, dim=-1)
        counts = (values * UNIT).long()
        if bool((counts.sum(dim=-1, keepdim=True) >= most).all()):
            return counts, tokens
    values, tokens = probabilities.sort(dim=-1, descending=True, stable=True)
    return (values * UNIT).long(), tokens


def uniforms(seed: int, steps: int) -> np.ndarray:
    """Return a row's numbers in [0, 1), one per step; a longer draw begins with the shorter one."""
    return np.random.Generator(np.random.Philox(seed)).random(steps)


class RowEnds(StoppingCriteria):
    """Ends each row at its own stop tokens and length and where it is over; `written` holds its tokens up to there.

    It stops the batch when LEAVING_SHARE of its rows have ended, so that the others can go on without
    them.
    """

    def __init__(
        self,
        stop_ids: frozenset[int],
        most: Sequence[int],
        is_over: Callable[[int, list[int]], bool],
    ) -> None:
        """Take what ends each row: `most` tokens, or `is_over` of the row and its tokens."""
        self.most = most
        self.written: list[list[int]] = [[] for _ in most]
        self._stop_ids = stop_ids
        self._is_over = is_over
        self._rows = list(range(len(most)))
        self._ended: set[int] = set()
        self._leaving_share = LEAVING_SHARE

    def leave_together(self) -> None:
        """Let the batch go on until its last row has ended."""
        self._leaving_share = 1.0

    def keep_going(self) -> list[int]:
        """Go on with the rows that have not ended, or with all if some have to wait; return their places."""
        going = [place for place, row in enumerate(self._rows) if row not in self._ended]
        if going and self._leaving_share == 1:
            going = list(range(len(self._rows)))
        self._rows = [self._rows[place] for place in going]
        return going

    def __call__(self, input_ids: torch.Tensor, scores: object, **kwargs: object) -> torch.Tensor:
        """Take each row's newest token, and return which rows have ended; all of them when it is time to leave."""
        for row, token in zip(self._rows, input_ids[:, -1].tolist(), strict=True):
            if row not in self._ended:
                self.written[row].append(token)
                if self._ends(row, self.written[row]):
                    self._ended.add(row)
        ended = [row in self._ended for row in self._rows]
        enough = sum(ended) >= self._leaving_share * len(ended)
        return torch.tensor([enough or has_ended for has_ended in ended], device=input_ids.device)

    def _ends(self, row: int, tokens: list[int]) -> bool:
        return tokens[-1] in self._stop_ids or len(tokens) >= self.most[row] or self._is_over(row, tokens)
