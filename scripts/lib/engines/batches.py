"""Requests put into batches of similar length: the plan that makes results independent of shards and kills.

What a batch holds decides how floats are added, so batches are planned from all requests, in one
order, before anything is split; a batch is computed as a whole or not at all.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from scripts.lib.engines.base import Unit
from scripts.lib.engines.requests import Request
from scripts.lib.engines.texts import Texts
from scripts.lib.rows.grouping import Lengths, grouped

MOST_PADDING = 0.15
"""Largest share of a batch that may be padding."""

MOST_LOGITS = 2**28
"""Logits of one batch of perplexities, which need them at every place, or of log-likelihoods: 1 GiB in float32."""


@dataclass(frozen=True)
class Sized:
    """A request with its tokens: those that are read at once, and the most that are then written.

    `logits` are the places at which the model's word is needed, where these are many.

    Requests with the same `beginning` are best computed together, since the first `shared` tokens are then
    read once for all of them.
    """

    request: Request
    read: int
    written: int
    shared: int = 0
    beginning: str = ""
    logits: int = 0

    @property
    def magnitude(self) -> int:
        """The power of two that the tokens to write are below: a batch takes as many steps as its longest answer."""
        return self.written.bit_length()


def plan_batches(requests: Iterable[Request], texts: Texts, batch_tokens: int) -> list[Unit]:
    """Return all requests in batches of at most so many tokens, padding included; no weights are needed for it."""
    most_with_logits = MOST_LOGITS // texts.vocabulary

    def budget(task: str) -> int:
        return min(batch_tokens, most_with_logits) if task == "perplexity" else batch_tokens

    return batches((_sized(request, texts) for request in requests), budget, most_with_logits)


def _sized(request: Request, texts: Texts) -> Sized:
    if request.task == "perplexity":
        return Sized(request, len(texts.measured_ids(request)), 0)
    if request.task == "loglikelihood":
        rows = texts.followed(request, texts.context)
        longest, places = max(len(ids) for ids, _ in rows), max(places for _, places in rows)
        return Sized(request, len(rows) * longest, 0, logits=len(rows) * places)
    written = request.max_tokens if request.task == "generate" else 1
    prompt = texts.prompt_ids(request)
    beginning = sys.intern(request.prompt[: request.shared])
    return Sized(request, len(prompt), written, texts.shared(request, prompt), beginning)


def batches(sized: Iterable[Sized], budget: Callable[[str], int], most_logits: int) -> list[Unit]:
    """Return the requests in batches, longest first, so that what memory cannot hold fails early.

    A batch holds requests of one task whose longest answers are of one magnitude. Its rows times
    their longest reading and writing stay within `budget(task)` tokens, unless one row alone exceeds
    it, and at most MOST_PADDING of that is padding, with the beginnings that rows share and without. Logits are needed
    at no more than `most_logits` places.
    What a row does not write is no padding: rows that have ended leave the batch.
    """
    items, longest = list(sized), Counter[str]()
    for item in items:
        longest[item.beginning] = max(longest[item.beginning], item.read)

    def order(item: Sized) -> tuple[str, int, int, str, int, str]:
        request = item.request
        return request.task, -item.magnitude, -longest[item.beginning], item.beginning, -item.read, request.id

    plan: list[Unit] = []
    for (task, _), alike in groupby(sorted(items, key=order), key=lambda item: (item.request.task, item.magnitude)):
        fits = partial(_Load.fits, budget=budget(task), most_logits=most_logits)
        plan += (tuple(item.request for item in batch) for batch in grouped(alike, _Load.of, fits))
    return plan


@dataclass(frozen=True)
class _Load:
    """What decides whether a batch may grow: the tokens that its rows read, and the most that one of them writes."""

    read: Lengths
    own: Lengths
    """What they read without the beginnings that they share."""
    written: int
    logits: int

    @classmethod
    def of(cls, item: Sized) -> "_Load":
        return cls(Lengths.of(item.read), Lengths.of(item.read - item.shared), item.written, item.logits)

    def __add__(self, other: "_Load", /) -> "_Load":
        written, logits = max(self.written, other.written), self.logits + other.logits
        return _Load(self.read + other.read, self.own + other.own, written, logits)

    def fits(self, budget: int, most_logits: int) -> bool:
        if self.logits > most_logits:
            return False
        read, own = (lengths.longer(self.written) for lengths in (self.read, self.own))
        return read.padded <= budget and max(read.padding, own.padding) <= MOST_PADDING
