"""Rows become tokens to train on: selected, cut off, split and ordered by nothing but their ids and a seed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from scripts.lib.models.chat_format import end_of_turn, prompt_and_completion
from scripts.lib.rows.hashing import fingerprint, seed_of
from scripts.lib.rows.held_out import HELD_OUT
from scripts.lib.rows.jsonl import Row, read_text_rows
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.tasks import same_task
from scripts.lib.rows.verdicts import reject

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Which loss a token has: torch and transformers leave this label out.
NO_LOSS = -100

OVER_CUTOFF = Reason(
    "over_cutoff",
    "as tokens, in the model's chat template, the row is longer than the cutoff",
    "raise training.cutoff (--cutoff), for more memory, have rows cut (training.over_cutoff), or lower "
    "answering.max_tokens",
)
NO_OUTPUT = Reason(
    "no_output",
    "its output is empty, so that there is nothing to learn but to end at once",
    "give rows with outputs, or leave these out",
)
OVER_MAX_SAMPLES = Reason(
    "over_max_samples",
    "there were more rows than a training takes",
    "raise training.max_samples (--max-samples), if more rows are to be trained on",
)
REASONS = (NO_OUTPUT, HELD_OUT, OVER_CUTOFF, OVER_MAX_SAMPLES)


@dataclass(frozen=True)
class Example:
    """A row and its tokens; `key` tells rows of several files apart, where ids may repeat."""

    key: str
    row: Row
    prompt: list[int]
    completion: list[int]
    is_cut: bool = False
    """Whether these are not all of its tokens."""

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)

    @property
    def input_ids(self) -> list[int]:
        """All tokens, as the model reads them."""
        return self.prompt + self.completion

    @property
    def labels(self) -> list[int]:
        """The tokens to predict: the completion; none of the prompt."""
        return [NO_LOSS] * len(self.prompt) + self.completion


@dataclass(frozen=True)
class TrainingData:
    """What a training sees, and what it does not: every row read is in exactly one of the three."""

    training: list[Example]
    validation: list[Example]
    rejected: list[Row]

    @property
    def cut(self) -> int:
        """How many of the rows that are seen are cut to the longest length."""
        return sum(example.is_cut for example in (*self.training, *self.validation))

    @property
    def fingerprint(self) -> str:
        """16 hex digits over all tokens, in order."""
        return fingerprint(*([example.input_ids for example in part] for part in (self.training, self.validation)))


def read_examples(
    files: Sequence[Path], tokenizer: "PreTrainedTokenizerBase", *, learns_to_end: bool = True
) -> list[Example]:
    """Return every row of the files in the model's chat template, as tokens; raises UserError for a bad row.

    Unless the model `learns_to_end`, the token that ends the turn is left out of the answer.
    """
    turn_end = end_of_turn(tokenizer, tokenizer.name_or_path)
    examples = []
    for number, file in enumerate(files, start=1):
        for row in tqdm(read_text_rows(file, "instruction", "input", "output"), desc=file.name, mininterval=0.5):
            task = row["instruction"], row["input"], row["output"]
            prompt, completion = prompt_and_completion(tokenizer, *task, turn_end)
            answer = completion if learns_to_end else completion[:-1]
            examples.append(Example(f"{number}/{row['id']}", row, prompt, answer))
    return examples


def select(
    examples: Sequence[Example],
    *,
    held_out: Collection[str],
    cutoff: int,
    over_cutoff: str,
    max_samples: int | None,
    subset: str,
    validation_share: float,
    seed: int,
) -> TrainingData:
    """Leave out or cut what is too long, leave out what is too much, and hold back a share for validation.

    Rows without an output and rows that equal one of `held_out` (see `read_held_out`) are left out first.
    `subset` says which rows stay when there are more than `max_samples` (None: all may stay): "sample"
    takes a seeded random sample; "first" takes the first in file order, as the published runs did, where
    the order of writing and the order of the files decide. The share is rounded down: a handful of rows
    gives no validation.
    """
    unfit = {each.key: reason for each in examples if (reason := _unfit(each.row, held_out)) is not None}
    rejected = [reject(each.row, unfit[each.key]) for each in examples if each.key in unfit]
    fit = [each for each in examples if each.key not in unfit]
    fitted = [_cut(each, cutoff) if over_cutoff == "cut" and len(each) > cutoff else each for each in fit]
    short = [example for example in fitted if len(example) <= cutoff]
    rejected += [
        reject(example.row, OVER_CUTOFF, tokens=len(example), cutoff=cutoff)
        for example in fitted
        if len(example) > cutoff
    ]
    ranked = short if subset == "first" else _shuffled(short, seed, "selection")
    kept, surplus = _divide(short, ranked[:max_samples])
    rejected += [reject(example.row, OVER_MAX_SAMPLES, max_samples=max_samples) for example in surplus]
    held_back = _shuffled(kept, seed, "validation")[: int(len(kept) * validation_share)]
    validation, training = _divide(kept, held_back)
    return TrainingData(training, validation, rejected)


def _unfit(row: Row, held_out: Collection[str]) -> Reason | None:
    if not row["output"]:
        return NO_OUTPUT
    return HELD_OUT if same_task(row) in held_out else None


def _cut(example: Example, cutoff: int) -> Example:
    """Return a row that is too long in `cutoff` tokens: of prompt and completion, the beginning of each.

    They share the length as in the trainer of the published runs (LLaMA-Factory 0.x): one that is shorter than half
    of it stays whole, and the other gets the rest; else each gets its part by their own lengths. A row of whose
    answer nothing would be left has nothing to teach, and stays as long as it is.
    """
    prompt, completion = len(example.prompt), len(example.completion)
    if 2 * completion < cutoff:
        room = completion
    elif 2 * prompt < cutoff:
        room = cutoff - prompt
    else:
        room = int(cutoff * (completion / len(example)))
    if not room:
        return example
    return replace(example, prompt=example.prompt[: cutoff - room], completion=example.completion[:room], is_cut=True)


def _shuffled(examples: Sequence[Example], seed: int, purpose: str) -> list[Example]:
    """The examples in an order that depends on their keys alone, not on the file's order or on one another."""
    place: Callable[[Example], int] = lambda example: seed_of(seed, f"{purpose}/{example.key}")  # noqa: E731
    return sorted(examples, key=place)


def _divide(examples: Sequence[Example], chosen: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The chosen examples and the others, both in the order they had."""
    keys = {example.key for example in chosen}
    return [e for e in examples if e.key in keys], [e for e in examples if e.key not in keys]
