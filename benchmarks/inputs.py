"""Rows to measure with: real ones where they lie beside the project, else rows made from a seed."""

import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.lib.rows.jsonl import Row, read_rows

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "isheep"
"""Rows that the I-SHEEP authors published; not part of the project."""

VOCABULARY = 20_000
LONGEST_COPY_CHANGE = 0.7


def have_real_rows() -> bool:
    """Return whether published rows lie beside the project."""
    return REAL.is_dir()


def rows(seed: int = 1) -> list[Row]:
    """Return rows with instruction, input and output in an order drawn from the seed: real, or else made."""
    if not have_real_rows():
        return list(itertools.islice(made_rows(seed), 13_000))
    found = [row for file in sorted(REAL.glob("*.json")) for row in _plain(file)]
    random.Random(seed).shuffle(found)
    return found


def _plain(file: Path) -> Iterator[Row]:
    for number, row in enumerate(read_rows(file)):
        texts = {field: row[field] for field in ("instruction", "input", "output")}
        yield {"id": f"{file.stem}-{number:05d}", **texts}


def made_rows(seed: int) -> Iterator[Row]:
    """Yield rows without end, of words as frequent as in real text and of lengths as mixed as in real data."""
    rng = random.Random(seed)
    words = [f"w{number}" for number in range(VOCABULARY)]
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(VOCABULARY)))

    def text(median: float, spread: float, most: int) -> str:
        count = min(most, max(1, round(rng.lognormvariate(0, spread) * median)))
        return " ".join(rng.choices(words, cum_weights=weights, k=count))

    for number in itertools.count():
        task_input = text(15, 0.9, 400) if rng.random() < 0.7 else ""
        yield {
            "id": f"made-{number:07d}",
            "instruction": text(12, 0.5, 130),
            "input": task_input,
            "output": text(40, 1.1, 800),
        }


def rows_of_a_run(seed: int = 1) -> Iterator[Row]:
    """Yield rows without end as a run writes them: with an id, scores, and what made them."""
    made_by = {"model": "5f0c1d2e3b4a5968", "template": "0a1b2c3d4e5f6071", "seed": 1}
    found = rows(seed)
    for number in itertools.count():
        row = found[number % len(found)]
        yield {
            **row,
            "id": f"i1-r1-{number // 20:06d}-{number % 20:02d}",
            "finish_reason": "stop",
            "scores": {"quality": 9, "following": 8.5},
            "made_by": dict.fromkeys(("instruction", "output", "scores"), made_by),
        }


ANSWERS, PROMPTS = 8, 16
"""Answers to a prompt, and prompts of an instruction, as AutoIF's paper has them."""


def verified_answers() -> Iterator[Row]:
    """Yield answers without end as AutoIF has them once they are verified: every other one follows its instruction."""
    made_by = {"output": {"model": "5f0c1d2e3b4a5968", "template": "0a1b2c3d4e5f6071", "seed": 1}}
    for number in itertools.count():
        prompt = number // ANSWERS
        instruction, query = f"i{prompt // PROMPTS:06d}", f"q{prompt % PROMPTS:02d}"
        follows = number % 2 == 0
        yield {
            "id": f"{instruction}/{query}/{number % ANSWERS + 1}",
            "instruction": f"What do you know of place {query}? Use at least five words.",
            "input": "",
            "query": f"What do you know of place {query}?",
            "constraint": "Use at least five words.",
            "constraint_id": instruction,
            "prompt_id": f"{instruction}/{query}",
            "output": f"It is place number {number}." if follows else f"Place {number}.",
            "finish_reason": "stop",
            "made_by": made_by,
            "verdicts": {"true": int(follows), "false": int(not follows), "undecided": 0},
            "accuracy": float(follows),
        }


def verifying_functions() -> Iterator[Row]:
    """Yield the functions that verify these answers, one for each instruction, without end."""
    for number in itertools.count():
        instruction = f"i{number:06d}"
        yield {
            "id": f"{instruction}/1",
            "instruction_id": instruction,
            "instruction": "Use at least five words.",
            "function": "def evaluate(response):\n    return len(response.split()) >= 5",
            "cases": [],
        }


def instructions(count: int, seed: int = 1) -> list[str]:
    """Return this many instructions; those beyond the rows at hand are copies with words exchanged.

    A copy exchanges up to LONGEST_COPY_CHANGE of its words for words of other instructions, so that
    some copies are too close to what they come from, and others are new.
    """
    rng = random.Random(seed)
    found = [row["instruction"] for row in rows(seed)]
    words = [word for text in found for word in text.split()]
    while len(found) < count:
        found.append(_changed(rng.choice(found).split(), words, rng))
    return found[:count]


def _changed(copy: list[str], words: Sequence[str], rng: random.Random) -> str:
    change = rng.uniform(0, LONGEST_COPY_CHANGE)
    return " ".join(rng.choice(words) if rng.random() < change else word for word in copy)


def short_texts(count: int, seed: int = 1) -> list[str]:
    """Return short random texts over a small vocabulary, where many lie just at the threshold."""
    rng = random.Random(seed)
    words = [f"w{number}" for number in range(40)]
    return [" ".join(rng.choices(words[: rng.choice((4, 12, 40))], k=rng.randint(0, 12))) for _ in range(count)]
