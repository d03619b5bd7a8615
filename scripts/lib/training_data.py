"""Rows become tokens to train on: selected, cut off, split and ordered by nothing but their ids and a seed."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from scripts.lib.chat_format import end_of_turn, prompt_and_completion
from scripts.lib.records import Row, fingerprint, read_text_rows, reject, seed_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Which loss a token has: torch and transformers leave this label out.
NO_LOSS = -100
# By how much a row's length may seem other than it is when rows of like length are put together: enough to mix them.
LENGTH_JITTER = 0.03
OVER_CUTOFF, OVER_MAX_SAMPLES = "over_cutoff", "over_max_samples"


@dataclass(frozen=True)
class Example:
    """A row and its tokens; `key` tells rows of several files apart, where ids may repeat."""

    key: str
    row: Row
    prompt: list[int]
    completion: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)

    @property
    def input_ids(self) -> list[int]:
        """All tokens, as the model reads them."""
        return self.prompt + self.completion

    @property
    def labels(self) -> list[int]:
        """The tokens to predict: the completion, with the end of the turn; none of the prompt."""
        return [NO_LOSS] * len(self.prompt) + self.completion


@dataclass(frozen=True)
class TrainingData:
    """What a training sees, and what it does not: every row read is in exactly one of the three."""

    training: list[Example]
    validation: list[Example]
    rejected: list[Row]

    @property
    def fingerprint(self) -> str:
        """16 hex digits over all tokens, in order."""
        return fingerprint(*([example.input_ids for example in part] for part in (self.training, self.validation)))


def read_examples(files: Sequence[Path], tokenizer: "PreTrainedTokenizerBase") -> list[Example]:
    """Return every row of the files in the model's chat template, as tokens; raises UserError for a bad row."""
    turn_end = end_of_turn(tokenizer, tokenizer.name_or_path)
    examples = []
    for number, file in enumerate(files, start=1):
        for row in tqdm(read_text_rows(file, "instruction", "input", "output"), desc=file.name, mininterval=0.5):
            tokens = prompt_and_completion(tokenizer, row["instruction"], row["input"], row["output"], turn_end)
            examples.append(Example(f"{number}/{row['id']}", row, *tokens))
    return examples


def select(
    examples: Sequence[Example], *, cutoff: int, max_samples: int, selection: str, validation_share: float, seed: int
) -> TrainingData:
    """Leave out what is too long or too much, and hold back a share for validation.

    `selection` says which rows stay when there are more than `max_samples`: "sample" takes a seeded
    random sample; "first" takes the first in file order, as the published runs did, where the order
    of writing and the order of the files decide. The share is rounded down: a handful of rows gives
    no validation.
    """
    short = [example for example in examples if len(example) <= cutoff]
    rejected = [
        reject(example.row, OVER_CUTOFF, tokens=len(example), cutoff=cutoff)
        for example in examples
        if len(example) > cutoff
    ]
    ranked = short if selection == "first" else _shuffled(short, seed, "selection")
    kept, surplus = _divide(short, ranked[:max_samples])
    rejected += [reject(example.row, OVER_MAX_SAMPLES, max_samples=max_samples) for example in surplus]
    held_back = _shuffled(kept, seed, "validation")[: int(len(kept) * validation_share)]
    validation, training = _divide(kept, held_back)
    return TrainingData(training, validation, rejected)


def training_order(lengths: Sequence[int], *, epochs: float, rows_per_update: int, seed: int) -> list[int]:
    """Return the places of the rows in the order of training, all epochs in one list.

    Rows of like length stand together, so that little is padded; which rows share an update differs
    from epoch to epoch, and updates follow each other in any order. One list, written down beforehand,
    lets a resumed run find its place by counting, whatever the state of any random generator.
    """
    order: list[int] = []
    for epoch in range(math.ceil(epochs)):
        rng = random.Random(seed_of(seed, f"epoch {epoch}"))
        order += _epoch_order(lengths, rows_per_update, len(order), rng)
    return order[: max(1, round(len(lengths) * epochs))]


def _epoch_order(lengths: Sequence[int], rows_per_update: int, done: int, rng: random.Random) -> list[int]:
    """Return the places of the rows in the order of one epoch, which begins after `done` rows.

    An update that two epochs share gets the shortest rows of both, and so is padded as little as others.
    """
    jitter = {place: rng.uniform(1 - LENGTH_JITTER, 1 + LENGTH_JITTER) for place in range(len(lengths))}
    by_length = sorted(jitter, key=lambda place: lengths[place] * jitter[place])
    head = min(-done % rows_per_update, len(by_length))
    whole = head + (len(by_length) - head) % rows_per_update
    updates = [by_length[start : start + rows_per_update] for start in range(whole, len(by_length), rows_per_update)]
    rng.shuffle(updates)
    return [*by_length[:head], *chain.from_iterable(updates), *by_length[head:whole]]


def _shuffled(examples: Sequence[Example], seed: int, purpose: str) -> list[Example]:
    """The examples in an order that depends on their keys alone, not on the file's order or on one another."""
    place: Callable[[Example], int] = lambda example: seed_of(seed, f"{purpose}/{example.key}")  # noqa: E731
    return sorted(examples, key=place)


def _divide(examples: Sequence[Example], chosen: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The chosen examples and the others, both in the order they had."""
    keys = {example.key for example in chosen}
    return [e for e in examples if e.key in keys], [e for e in examples if e.key not in keys]
