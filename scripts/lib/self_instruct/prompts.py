"""Few-shot prompts that ask a model for new instructions, in the form of I-SHEEP's published code, and their ids."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.lib.models.plain_text import PartlyPlain, plain_text
from scripts.lib.models.prompting import render
from scripts.lib.rows.few_shot import mix
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row

NO_INPUT = "<noinput>"

TEMPLATE_SLOTS = ("count",)
"""What the meta-prompt leaves open: the number of tasks that it asks for."""

TASKS_ASKED_FOR = 20
"""How many tasks the meta-prompt asks for, its examples included; as many as in I-SHEEP's published code."""

MOST_GROWTH = 4
"""A later round has at most this many times the prompts of the first, however small the yield was."""


@dataclass(frozen=True)
class Examples:
    """How the examples of a prompt are drawn: how many, how many of them seeds, and by which method (few_shot.py)."""

    count: int
    origin_samples: int | None
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
) -> PartlyPlain:
    """Return the prompt of one request: the meta-prompt, then examples drawn by the request's own seed."""
    rng = random.Random(seed_of(seed, key))
    drawn = mix(rng, seeds, kept, examples.count, examples.origin_samples, examples.method)
    return render(template, count=str(TASKS_ASKED_FOR)) + plain_text(example_block(drawn))


def stop_after(task: int) -> str:
    """Return the stop string after a task: the whole numbered heading of the next one, which no year ever matches."""
    return f"\n{task + 1}. Instruction:"


def request_key(iteration: int, round_number: int, number: int) -> str:
    """Return the readable, sortable id of a synthesis request."""
    return f"i{iteration}-r{round_number}-{number:06d}"


def task_key(request_id: str, number: int) -> str:
    """Return the id of the task with this number in a request's list."""
    return f"{request_id}-{number:02d}"


def example_block(examples: Sequence[Row]) -> str:
    """Return numbered examples and the opening of the next number, for the model to continue.

    The form is that of I-SHEEP's published code: a `###` line, `{i}. Instruction: …`, `{i}. Input:` and the input or
    <noinput>. Outputs are not shown.
    """
    pieces = []
    for number, row in enumerate(examples, start=1):
        instruction = " ".join(row["instruction"].split()).rstrip(":")
        task_input = row["input"].strip() or NO_INPUT
        pieces.append(f"###\n{number}. Instruction: {instruction}\n{number}. Input:\n{task_input}\n")
    return "".join(pieces) + f"###\n{len(examples) + 1}. Instruction:"
