"""Requests to measure engines with: prompts of the steps of a run, from real or made rows."""

import random
from pathlib import Path

from benchmarks import inputs
from scripts.lib.engines.requests import Request
from scripts.lib.loading import load_tokenizer
from scripts.lib.prompting import base_prompt
from scripts.lib.records import Row, seed_of

LONGEST_PROMPT = 512
"""Tokens; longer prompts are left out, so that a model of 1,024 tokens has room to answer."""
SHORTEST_ANSWER, LONGEST_ANSWER = 8, 256


def fitting_rows(model: Path, count: int, most: int = LONGEST_PROMPT) -> list[Row]:
    """Return rows whose task has at most this many of the model's tokens, in the order they arrive in."""
    tokenizer = load_tokenizer(model)
    found = []
    for row in inputs.rows():
        if len(tokenizer(base_prompt(row["instruction"], row["input"])).input_ids) <= most:
            found.append(row)
        if len(found) == count:
            break
    return found


def of_mixed_lengths(model: Path, count: int) -> list[Request]:
    """Return requests for answers whose longest lengths are mixed, every order of magnitude as often."""
    rng = random.Random(1)
    spread = LONGEST_ANSWER / SHORTEST_ANSWER
    return [_answer(row, round(SHORTEST_ANSWER * spread ** rng.random())) for row in fitting_rows(model, count)]


def of_one_length(model: Path, count: int, most: int) -> list[Request]:
    """Return requests for answers of one longest length, as a step of a run asks for them."""
    return [_answer(row, most) for row in fitting_rows(model, count)]


def _answer(row: Row, most: int) -> Request:
    return Request(
        row["id"],
        "generate",
        base_prompt(row["instruction"], row["input"]),
        max_tokens=most,
        temperature=1.0,
        top_p=0.95,
        seed=seed_of(1, row["id"]),
    )
