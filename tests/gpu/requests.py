"""Requests of every task: of mixed lengths, greedy and drawn, with a shared beginning, and one alone in its batch."""

import random
from pathlib import Path

from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import write_rows

WORDS = ("name", "a", "word", "list", "helpful", "answer", "instruction", "number", "colour", "sea", "city", "short")
SCORES = tuple(str(score) for score in range(1, 11))
BATCH_TOKENS = 3000
GREEDY = 16


def write_requests(file: Path) -> list[Request]:
    """Write 89 requests into a file, and return them."""
    rng = random.Random(1)
    requests = [_written(f"greedy-{number:02d}", rng, temperature=0) for number in range(GREEDY)]
    requests += [_written(f"drawn-{number:02d}", rng, top_p=rng.choice((0.5, 0.95, 1.0))) for number in range(32)]
    # Alone in its batch, and with the whole vocabulary for a nucleus: what a GPU adds up otherwise each time.
    requests.append(Request("alone", "generate", _text(rng, 20), max_tokens=200, seed=5))
    rubric = f"rate from 1 to 10: {_text(rng, 30)}. "
    for number in range(24):
        prompt = f"{rubric}{_text(rng, rng.randint(3, 60))} score: "
        requests.append(Request(f"scored-{number:02d}", "score", prompt, choices=SCORES, shared=len(rubric)))
    requests += [Request(f"measured-{number:02d}", "perplexity", _text(rng, 4 + 9 * number)) for number in range(16)]
    write_rows(file, (request.to_row() for request in requests))
    return requests


def _written(name: str, rng: random.Random, **options: float) -> Request:
    limit, seed = round(4 * 16 ** rng.random()), rng.randrange(99)
    return Request(name, "generate", _text(rng, rng.randint(3, 80)), max_tokens=limit, seed=seed, **options)


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))
