"""Few-shot prompts that ask a model for new instructions, and the rows that its texts become (spec A2, A3)."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.lib.prompting import example_block, render
from scripts.lib.records import Row, seed_of
from scripts.lib.sampling import mix

TASKS_ASKED_FOR = 20
"""How many tasks the meta-prompt asks for, its examples included (spec A2)."""

MOST_GROWTH = 4
"""A later round has at most this many times the prompts of the first, however small the yield was."""


@dataclass(frozen=True)
class Examples:
    """How the examples of a prompt are drawn (spec A2)."""

    count: int
    origin_samples: int
    method: str


def prompts_needed(missing: int, expected_yield: float, asked_before: Sequence[int], kept_before: int) -> int:
    """Return how many prompts a round needs for `missing` new rows.

    The first round goes by the expected yield in rows per prompt; later ones go by what the earlier
    rounds, of `asked_before` prompts each, have really given, bounded by MOST_GROWTH.
    """
    if missing <= 0:
        return 0
    if not asked_before:
        return math.ceil(missing / expected_yield)
    observed = kept_before / sum(asked_before)
    most = MOST_GROWTH * asked_before[0]
    return min(most, math.ceil(missing / observed)) if observed else most


def synthesis_prompt(
    template: str, seeds: Sequence[Row], kept: Sequence[Row], examples: Examples, seed: int, key: str
) -> str:
    """Return the prompt of one request: the meta-prompt, then examples drawn by the request's own seed."""
    rng = random.Random(seed_of(seed, key))
    drawn = mix(rng, seeds, kept, examples.count, examples.origin_samples, examples.method)
    return render(template, count=str(TASKS_ASKED_FOR)) + example_block(drawn)


def stop_after_last_task() -> str:
    """Return the stop string after the last task: a whole numbered heading, so that no year ever matches it."""
    return f"\n{TASKS_ASKED_FOR + 1}. Instruction:"


def request_key(iteration: int, round_number: int, number: int) -> str:
    """Return the readable, sortable id of a synthesis request."""
    return f"i{iteration}-r{round_number}-{number:06d}"


def task_key(request_id: str, number: int) -> str:
    """Return the id of the task with this number in a request's list."""
    return f"{request_id}-{number:02d}"


def in_order(rows: Iterator[Row]) -> list[Row]:
    """Return rows in the order of their ids: the one order in which novelty is decided."""
    return sorted(rows, key=lambda row: row["id"])
