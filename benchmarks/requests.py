"""Requests to measure engines with: prompts of the steps of a run, from real or made rows."""

import random
from pathlib import Path

from benchmarks import inputs
from scripts.lib.engines.requests import Request
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import base_prompt, read_template
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.self_instruct.prompts import Examples, request_key, synthesis_prompt

LONGEST_PROMPT = 512
"""Tokens; longer prompts are left out, so that a model of 1,024 tokens has room to answer."""
SHORTEST_ANSWER, LONGEST_ANSWER = 8, 256


def fitting_rows(model: Path, count: int, most: int = LONGEST_PROMPT) -> list[Row]:
    """Return rows whose task has at most this many of the model's tokens, in the order they arrive in."""
    tokenizer = load_tokenizer(model)
    found = []
    for row in inputs.rows():
        if len(tokenizer(base_prompt(row["instruction"], row["input"]).text).input_ids) <= most:
            found.append(row)
        if len(found) == count:
            break
    return found


def of_mixed_lengths(count: int) -> list[Request]:
    """Return requests for new tasks of the tiny world whose longest lengths are mixed, every magnitude as often.

    The tiny model goes on listing tasks until it is stopped, so that these are the lengths that it writes.
    """
    rng = random.Random(1)
    template = read_template("config/prompts/tiny/synthesis.txt", "count")
    seeds = list(read_rows("config/seeds/tiny.jsonl"))
    examples = Examples(count=5, origin_samples=None, method="uniform")
    spread = LONGEST_ANSWER / SHORTEST_ANSWER
    asked = []
    for key in (request_key(1, 1, number) for number in range(count)):
        longest = round(SHORTEST_ANSWER * spread ** rng.random())
        asked.append(_request(key, synthesis_prompt(template, seeds, [], examples, 1, key), longest))
    return asked


def of_one_length(model: Path, count: int, most: int) -> list[Request]:
    """Return requests for answers of one longest length, as a step of a run asks for them; most end long before."""
    rows = fitting_rows(model, count)
    return [_request(row["id"], base_prompt(row["instruction"], row["input"]), most) for row in rows]


def _request(key: str, prompt: PartlyPlain, most: int) -> Request:
    seed = seed_of(1, key)
    return Request(key, "generate", prompt.text, plain=prompt.plain, max_tokens=most, top_p=0.95, seed=seed)
