"""Requests put into batches of similar length: the plan that makes results independent of shards and kills.

What a batch holds decides how floats are added, so batches are planned from all requests, in one
order, before anything is split; a batch is computed as a whole or not at all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scripts.lib.engines.base import Unit
from scripts.lib.engines.requests import Request

MOST_PADDING = 0.15
"""Largest share of a batch that may be padding."""


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


def batches(sized: Iterable[Sized], budget: Callable[[str], int]) -> list[Unit]:
    """Return the requests in batches, longest first, so that what memory cannot hold fails at once.

    A batch holds requests of one task. Its rows times their padded length stay within `budget(task)`
    tokens, unless one row alone exceeds it, and at most MOST_PADDING of that is padding.
    """
    ordered = sorted(sized, key=lambda item: (item.request.task, -item.total, item.request.id))
    plan: list[list[Sized]] = []
    for item in ordered:
        if plan and _fits([*plan[-1], item], budget):
            plan[-1].append(item)
        else:
            plan.append([item])
    return [tuple(item.request for item in batch) for batch in plan]


def _fits(batch: list[Sized], budget: Callable[[str], int]) -> bool:
    task = batch[0].request.task
    if batch[-1].request.task != task:
        return False
    padded = len(batch) * (max(item.prompt for item in batch) + max(item.following for item in batch))
    used = sum(item.total for item in batch)
    return padded <= budget(task) and used >= (1 - MOST_PADDING) * padded
