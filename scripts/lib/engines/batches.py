"""Requests put into batches of similar length: the plan that makes results independent of shards and kills.

What a batch holds decides how floats are added, so batches are planned from all requests, in one
order, before anything is split; a batch is computed as a whole or not at all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from scripts.lib.engines.base import Unit
from scripts.lib.engines.requests import Request
from scripts.lib.engines.texts import Texts

MOST_PADDING = 0.15
"""Largest share of a batch that may be padding."""

MOST_LOGITS = 2**28
"""Logits of one perplexity batch, which needs them at every place: 1 GiB in float32."""


@dataclass(frozen=True)
class Sized:
    """A request with its tokens: those read first, and those that follow (answer, choice, continuation)."""

    request: Request
    prompt: int
    following: int

    @property
    def total(self) -> int:
        """Tokens from beginning to end."""
        return self.prompt + self.following


def plan_batches(requests: Iterable[Request], texts: Texts, batch_tokens: int) -> list[Unit]:
    """Return all requests in batches of at most so many tokens, padding included; no weights are needed for it."""
    most_with_logits = MOST_LOGITS // texts.vocabulary

    def budget(task: str) -> int:
        return min(batch_tokens, most_with_logits) if task == "perplexity" else batch_tokens

    return batches((_sized(request, texts) for request in requests), budget)


def _sized(request: Request, texts: Texts) -> Sized:
    if request.task == "perplexity":
        before, after = texts.measured_ids(request)
        return Sized(request, len(before), len(after))
    following = request.max_tokens if request.task == "generate" else 1
    return Sized(request, len(texts.prompt_ids(request.prompt)), following)


def batches(sized: Iterable[Sized], budget: Callable[[str], int]) -> list[Unit]:
    """Return the requests in batches, longest first, so that what memory cannot hold fails at once.

    A batch holds requests of one task. Its rows times their padded length stay within `budget(task)`
    tokens, unless one row alone exceeds it, and at most MOST_PADDING of that is padding.
    """
    plan: list[_Batch] = []
    for item in sorted(sized, key=lambda item: (item.request.task, -item.total, item.request.id)):
        if not plan or not plan[-1].takes(item, budget(item.request.task)):
            plan.append(_Batch(item.request.task))
        plan[-1].add(item)
    return [tuple(batch.requests) for batch in plan]


@dataclass
class _Batch:
    """A batch that grows, with what decides whether it may."""

    task: str
    requests: list[Request] = field(default_factory=list)
    prompt: int = 0
    following: int = 0
    used: int = 0

    def takes(self, item: Sized, budget: int) -> bool:
        width = max(self.prompt, item.prompt) + max(self.following, item.following)
        padded = (len(self.requests) + 1) * width
        hardly_padded = self.used + item.total >= (1 - MOST_PADDING) * padded
        return item.request.task == self.task and padded <= budget and hardly_padded

    def add(self, item: Sized) -> None:
        self.requests.append(item.request)
        self.prompt = max(self.prompt, item.prompt)
        self.following = max(self.following, item.following)
        self.used += item.total
