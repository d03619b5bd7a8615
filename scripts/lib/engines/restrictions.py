"""What a row of a batch may not write, or not once more: logits changed before a token is drawn inside `generate`.

Each row is changed by its own request and its own tokens alone, whatever its neighbours.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import torch
from transformers import LogitsProcessor


class NeverWritten(LogitsProcessor):
    """Leaves some tokens of each row without any probability."""

    def __init__(self, tokens: Sequence[Collection[int]], vocabulary: int, device: str) -> None:
        """Take the tokens of each row, of so many in all."""
        self._banned = torch.zeros(len(tokens), vocabulary, dtype=torch.bool, device=device)
        for place, row in enumerate(tokens):
            self._banned[place, sorted(row)] = True

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the rows at these places alone."""
        self._banned = self._banned[list(places)]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores that are -inf at these tokens."""
        return scores.masked_fill(self._banned, -torch.inf)


class NgramPenalties(LogitsProcessor):
    """Lowers the logits of tokens that would complete an n-gram once more.

    So does Dromedary's code (`tritoken_frequency_penalty` and its like): a token that followed the last n - 1 tokens
    c times before loses c times the penalty of n; those of several n add up. Only what the answer holds counts, and
    nothing of the prompt. (The published code does not count n-grams that begin with the answer's first token.)
    """

    def __init__(
        self, penalties: Sequence[Sequence[tuple[int, float]]], penalized: Sequence[Collection[int]], width: int
    ) -> None:
        """Take each row's pairs of n and penalty, and the tokens that they are for; `width` tokens are prompt."""
        self._rows = [Repetitions(*row) for row in zip(penalties, penalized, strict=True)]
        self._read = width

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the rows at these places alone."""
        self._rows = [self._rows[place] for place in places]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores, less the penalties of each row."""
        for row, tokens in zip(self._rows, input_ids[:, self._read :].tolist(), strict=True):
            row.read(tokens)
        self._read = input_ids.shape[1]
        lost = [
            (place, token, penalty) for place, row in enumerate(self._rows) for token, penalty in row.next().items()
        ]
        if not lost:
            return scores
        rows, tokens, penalties = (torch.tensor(part, device=scores.device) for part in zip(*lost, strict=True))
        return scores.index_put((rows, tokens), scores[rows, tokens] - penalties)


class Repetitions:
    """The n-grams that a text has so far, and what each token would lose for completing one of them again."""

    def __init__(self, penalties: Sequence[tuple[int, float]], penalized: Collection[int]) -> None:
        self._penalties = dict(penalties)
        self._penalized = penalized
        self._text: list[int] = []
        self._followed: defaultdict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def read(self, tokens: Sequence[int]) -> None:
        """Go on with the text."""
        for token in tokens:
            for beginning in self._beginnings().values():
                self._followed[beginning][token] += 1
            self._text.append(token)

    def next(self) -> dict[int, float]:
        """Return what each token loses that is penalized and would repeat something here."""
        lost: defaultdict[int, float] = defaultdict(float)
        for n, beginning in self._beginnings().items():
            for token, count in self._followed.get(beginning, {}).items():
                if token in self._penalized:
                    lost[token] += self._penalties[n] * count
        return lost

    def _beginnings(self) -> dict[int, tuple[int, ...]]:
        """The last n - 1 tokens for each n, where there are as many."""
        length = len(self._text)
        return {n: tuple(self._text[length + 1 - n :]) for n in self._penalties if n <= length + 1}
