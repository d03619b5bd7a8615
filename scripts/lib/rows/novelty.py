"""Is a text new? Exact ROUGE-L against everything known, without comparing it with everything known.

The decisions are those of `rouge_score` (rougeL F-measure, default tokenizer, no stemming) computed
against every known text. Two texts whose F-measure exceeds the threshold share most of their tokens.
So, with tokens ordered from rare to frequent, they share one early in that order, with enough tokens
left behind it ("prefix filtering": Bayardo et al. 2007, Xiao et al. 2008). An index of those early
tokens finds the few texts that could be too close; bit signatures drop most of them; only for the
rest is the longest common subsequence computed.
"""

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.verdicts import Verdict

Tokens: TypeAlias = "array[int]"
"""A text: the numbers of its tokens."""
Numbers: TypeAlias = NDArray[np.int64]

FIRST_RANKING = 256
SIGNATURE_BITS = 64
POSITION_BITS = 32
SLACK = 1 - 1e-9
"""Loosens the bounds by more than float rounding: they only choose what is then compared exactly."""

TOO_SIMILAR = Reason(
    "too_similar",
    "the instruction is too close (ROUGE-L) to a seed's or to an earlier row's, which `to` names",
    "give more, and more varied, seeds, raise synthesis.temperature (of AutoIF: instructions.temperature), or raise "
    "novelty.threshold (--threshold)",
)

_TOKEN = re.compile("[a-z0-9]+")


@dataclass(frozen=True)
class Near:
    """The closest known text: its id and its ROUGE-L F-measure with the text in question."""

    id: str
    score: float

    def verdict(self) -> Verdict:
        """Return why the row is rejected, as rejected files state it."""
        return Verdict(TOO_SIMILAR, {"to": self.id, "rouge_l": self.score})


def tokenize(text: str) -> list[str]:
    """Return the tokens of `rouge_score`'s default tokenizer: lowercased runs of a-z and 0-9."""
    return _TOKEN.findall(text.lower())


class NoveltyFilter:
    """A growing pool of known texts that tells whether another text is too close to one of them.

    Too close means a ROUGE-L F-measure above `threshold`, as floats compute 2*p*r/(p+r) from
    p and r, the longest common subsequence divided by either length. Published threshold: 0.7, and
    0.7 itself passes. A text without tokens (in any non-Latin script) is close to nothing;
    `unjudged` counts how many of those were admitted.
    """

    def __init__(self, threshold: float = 0.7) -> None:
        self.threshold = threshold
        self.unjudged = 0
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = []
        self._texts: list[Tokens] = []
        self._lengths: array[int] = array("I")
        self._signatures: array[int] = array("Q")
        self._index: dict[int, array[int]] = {}
        self._frequency: dict[int, int] = {}
        self._next_ranking = FIRST_RANKING

    def admit(self, identity: str, text: str) -> Near | None:
        """Return the closest known text if it is too close; else make this text known and return None."""
        tokens = self._encode(text)
        near = self._closest(tokens)
        if near is None:
            self._add(identity, tokens)
            self.unjudged += not tokens
        return near

    def check(self, text: str) -> Near | None:
        """Return the closest known text, of equals the earliest, if it is too close; else None."""
        return self._closest(self._encode(text))

    def add_known(self, identity: str, text: str) -> None:
        """Make a text known without comparing it."""
        self._add(identity, self._encode(text))

    def _encode(self, text: str) -> Tokens:
        numbers = self._numbers
        return array("I", [numbers.setdefault(token, len(numbers)) for token in tokenize(text)])

    def _add(self, identity: str, tokens: Tokens) -> None:
        if not tokens:
            return
        self._ids.append(identity)
        self._texts.append(tokens)
        self._lengths.append(len(tokens))
        self._signatures.append(_signature(tokens))
        if len(self._texts) < self._next_ranking:
            self._enter(len(self._texts) - 1)
        else:
            self._rank_again()

    def _rank_again(self) -> None:
        """Count how frequent tokens are and build the index anew; done whenever the pool has doubled."""
        self._next_ranking *= 2
        self._frequency = dict(Counter(token for tokens in self._texts for token in tokens))
        self._index = {}
        for text in range(len(self._texts)):
            self._enter(text)

    def _enter(self, text: int) -> None:
        """Enter a text into the index: under each early token, its number and the tokens left from there."""
        for token, left in self._early_tokens(self._texts[text]):
            self._index.setdefault(token, array("Q")).append(text << POSITION_BITS | left)

    def _early_tokens(self, tokens: Tokens) -> list[tuple[int, int]]:
        """Return the tokens that may be the rarest one shared with a close text, each with the tokens left.

        F > t needs a common subsequence longer than t/(2-t) of either text, so that many tokens
        must be left from the rarest shared one on.
        """
        frequency = self._frequency
        ordered = sorted(tokens, key=lambda token: (frequency.get(token, 0), token))
        needed = self.threshold / (2 - self.threshold) * len(tokens) * SLACK
        early: dict[int, int] = {}
        for place, token in enumerate(ordered):
            left = len(tokens) - place
            if left < needed:
                break
            early.setdefault(token, left)
        return list(early.items())

    def _closest(self, tokens: Tokens) -> Near | None:
        texts = self._could_be_too_close(tokens)
        if not len(texts):
            return None
        scores = _rouge_l(tokens, [self._texts[text] for text in texts])
        best = int(np.argmax(scores))
        return Near(self._ids[texts[best]], float(scores[best])) if scores[best] > self.threshold else None

    def _could_be_too_close(self, tokens: Tokens) -> Numbers:
        """Return the numbers, ascending, of the known texts that neither position nor signature rules out.

        F > t needs a common subsequence longer than t/2 of both lengths together. It lies within
        what is left from the rarest shared token on, in either text, and holds no token whose
        signature bit the other text lacks.
        """
        texts, left = self._sharing_an_early_token(tokens)
        texts = np.unique(texts[left >= self._needed(tokens, texts)])
        mine, theirs = np.uint64(_signature(tokens)), _view(self._signatures)[texts]
        lengths = _view(self._lengths)[texts]
        shareable = np.minimum(
            len(tokens) - np.bitwise_count(mine & ~theirs).astype(np.int64),
            lengths - np.bitwise_count(theirs & ~mine).astype(np.int64),
        )
        return texts[shareable >= self._needed(tokens, texts)]

    def _needed(self, tokens: Tokens, texts: Numbers) -> NDArray[np.float64]:
        """Return how long a common subsequence with each text must at least be."""
        return self.threshold / 2 * SLACK * (len(tokens) + _view(self._lengths)[texts].astype(np.float64))

    def _sharing_an_early_token(self, tokens: Tokens) -> tuple[Numbers, Numbers]:
        """Return known texts that share an early token, and how many tokens are left there in either text."""
        early = self._early_tokens(tokens)
        found = [(self._index[token], left) for token, left in early if token in self._index]
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        entries = np.concatenate([_view(posting) for posting, _ in found]).astype(np.int64)
        left_here = np.repeat([left for _, left in found], [len(posting) for posting, _ in found])
        left_there = entries & ((1 << POSITION_BITS) - 1)
        return entries >> POSITION_BITS, np.minimum(left_here, left_there)


def _signature(tokens: Tokens) -> int:
    """Return one bit per token number, modulo SIGNATURE_BITS."""
    bits = 0
    for token in tokens:
        bits |= 1 << token % SIGNATURE_BITS
    return bits


def _view(numbers: "array[int]") -> NDArray[np.uint64] | NDArray[np.uint32]:
    """Return an array's numbers without copying them; let go of it before the array grows again."""
    return np.frombuffer(numbers, dtype=numbers.typecode)


def _rouge_l(tokens: Tokens, texts: Sequence[Tokens]) -> NDArray[np.float64]:
    """Return the ROUGE-L F-measure with each text, by the float operations of `rouge_score`."""
    common = process.cdist([tokens], texts, scorer=LCSseq.similarity, dtype=np.int64)[0]
    precision = common / len(tokens)
    recall = common / np.array([len(text) for text in texts])
    total = precision + recall
    return np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
