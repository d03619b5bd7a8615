"""Is a text new? Exact ROUGE-L against everything known, without comparing it with everything known.

The decisions are those of `rouge_score` (rougeL F-measure, default tokenizer, no stemming) against
every known text. Two texts whose F-measure exceeds the threshold share most of their tokens; so, with
tokens ordered from rare to frequent, they share one early in that order (prefix filtering: Chaudhuri
et al. 2006; positions: Xiao et al. 2008, "PPJoin"). An index on those early tokens finds the few
texts that could be too close, and only for these the longest common subsequence is computed.
"""

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

TOO_SIMILAR = "too_similar"
"""The rule that rejected rows of this filter name."""

_FIRST_RANKING = 256
_SLACK = 1 - 1e-9
"""Bounds are loosened by more than floats can err: they only choose what is compared exactly."""
_REMAINING_BITS = 32


@dataclass(frozen=True)
class Near:
    """The closest known text: its id and its ROUGE-L F-measure with the text in question."""

    id: str
    score: float


def tokenize(text: str) -> list[str]:
    """Return the tokens of `rouge_score`'s default tokenizer: lowercased runs of a-z and 0-9."""
    return re.findall("[a-z0-9]+", text.lower())


class NoveltyFilter:
    """A growing pool of known texts that tells whether another text is too close to one of them.

    Too close means ROUGE-L F-measure above `threshold`, in floats: 2*p*r/(p+r) with p and r the
    longest common subsequence over either length (published threshold: 0.7, which itself passes).
    A text without tokens (any non-Latin script) is close to nothing; `unjudged` counts those admitted.
    """

    def __init__(self, threshold: float = 0.7) -> None:
        self.threshold = threshold
        self.unjudged = 0
        self._ids: list[str] = []
        self._texts: list[array[int]] = []
        self._lengths: array[int] = array("I")
        self._signatures: array[int] = array("Q")
        self._numbers: dict[str, int] = {}
        self._postings: dict[int, array[int]] = {}
        self._frequency: dict[int, int] = {}
        self._next_ranking = _FIRST_RANKING

    def admit(self, identity: str, text: str) -> Near | None:
        """Return the closest known text if it is too close; else make this text known and return None."""
        tokens = self._encode(text)
        self.unjudged += not tokens
        near = self._closest(tokens)
        if near is None:
            self._add(identity, tokens)
        return near

    def check(self, text: str) -> Near | None:
        """Return the closest known text (of equally close ones the earliest) if it is too close, else None."""
        return self._closest(self._encode(text))

    def add_known(self, identity: str, text: str) -> None:
        """Make a text known without comparing it."""
        self._add(identity, self._encode(text))

    def _encode(self, text: str) -> "array[int]":
        """Return the text's tokens as numbers; a new token gets the next one."""
        numbers = self._numbers
        return array("I", [numbers.setdefault(token, len(numbers)) for token in tokenize(text)])

    def _add(self, identity: str, tokens: "array[int]") -> None:
        if not tokens:
            return
        self._ids.append(identity)
        self._texts.append(tokens)
        self._lengths.append(len(tokens))
        self._signatures.append(_signature(tokens))
        if len(self._texts) >= self._next_ranking:
            self._rank_tokens()
        else:
            self._index(len(self._texts) - 1)

    def _rank_tokens(self) -> None:
        """Count tokens anew and index everything by these counts; done whenever the pool has doubled."""
        self._next_ranking *= 2
        self._frequency = Counter(token for tokens in self._texts for token in tokens)
        self._postings = {}
        for number in range(len(self._texts)):
            self._index(number)

    def _index(self, number: int) -> None:
        """Enter a text under its rare tokens, with the count of tokens from there to its end.

        A shared subsequence long enough for F > t has more than t/(2-t) of either text's tokens,
        so its rarest token cannot come later than that.
        """
        for token, remaining in self._rare_tokens(self._texts[number]):
            posting = self._postings.setdefault(token, array("Q"))
            posting.append(number << _REMAINING_BITS | remaining)

    def _rare_tokens(self, tokens: "array[int]") -> list[tuple[int, int]]:
        """Return the tokens a close text may share first, rarest first, each with the tokens left from it on."""
        frequency = self._frequency
        ordered = sorted(tokens, key=lambda token: (frequency.get(token, 0), token))
        least = self.threshold / (2 - self.threshold) * len(tokens) * _SLACK
        rare: dict[int, int] = {}
        for place, token in enumerate(ordered):
            if len(tokens) - place < least:
                break
            rare.setdefault(token, len(tokens) - place)
        return list(rare.items())

    def _closest(self, tokens: "array[int]") -> Near | None:
        candidates = self._candidates(tokens)
        if not len(candidates):
            return None
        scores = _rouge_l(tokens, [self._texts[number] for number in candidates])
        best = int(np.argmax(scores))
        if not scores[best] > self.threshold:
            return None
        return Near(self._ids[candidates[best]], float(scores[best]))

    def _candidates(self, tokens: "array[int]") -> "NDArray[np.int64]":
        """Return the numbers, ascending, of the known texts that could be too close.

        F > t needs a common subsequence longer than t/2 of both lengths together; what is left of
        the shorter rest from the first shared token on must hold it.
        """
        found = [(posting, left) for token, left in self._rare_tokens(tokens) if (posting := self._postings.get(token))]
        if not found:
            return np.empty(0, np.int64)
        entries = np.concatenate([np.frombuffer(posting, np.uint64) for posting, _ in found])
        left_here = np.repeat([left for _, left in found], [len(posting) for posting, _ in found])
        numbers = (entries >> np.uint64(_REMAINING_BITS)).astype(np.int64)
        left_there = (entries & np.uint64(2**_REMAINING_BITS - 1)).astype(np.int64)
        lengths = np.frombuffer(self._lengths, np.uint32)[numbers].astype(np.int64)
        least = self.threshold / 2 * _SLACK * (len(tokens) + lengths)
        survivors = np.minimum(left_here, left_there) >= least
        numbers = np.unique(numbers[survivors])
        lengths = np.frombuffer(self._lengths, np.uint32)[numbers].astype(np.int64)
        theirs = np.frombuffer(self._signatures, np.uint64)[numbers]
        mine = np.uint64(_signature(tokens))
        shared = np.minimum(len(tokens) - np.bitwise_count(mine & ~theirs), lengths - np.bitwise_count(theirs & ~mine))
        least = self.threshold / 2 * _SLACK * (len(tokens) + lengths)
        return numbers[shared >= least]


def _rouge_l(tokens: "array[int]", texts: Sequence["array[int]"]) -> NDArray[np.float64]:
    """Return the ROUGE-L F-measure with each text, by the same float operations as `rouge_score`.

    At least one token must be shared with each, or 0/0 comes out.
    """
    common = process.cdist([tokens], texts, scorer=LCSseq.similarity, dtype=np.int64)[0]
    precision = common / len(tokens)
    recall = common / np.array([len(text) for text in texts])
    return 2 * precision * recall / (precision + recall)

def _signature(tokens):
    s=0
    for t in tokens: s|=1<<(t&63)
    return s
