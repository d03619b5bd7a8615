"""Rows become tokens to train on: selected, cut off, split and ordered by nothing but their ids and a seed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

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
class Sample(ABC):
    """A row as tokens; `key` tells rows of several files apart, where ids may repeat."""

    key: str
    row: Row
    prompt: list[int]

    is_cut = False
    """Whether these are not all of its tokens."""

    @abstractmethod
    def __len__(self) -> int:
        """The tokens of its longest text."""

    @property
    @abstractmethod
    def tokens(self) -> Any:
        """All that a model learns from, for fingerprints."""

    @abstractmethod
    def fault(self) -> Reason | None:
        """Why nothing can be learnt from it, whatever the settings."""

    @abstractmethod
    def cut(self, cutoff: int) -> Self:
        """Return it in `cutoff` tokens; where nothing to learn would be left, as long as it is."""


SampleT = TypeVar("SampleT", bound=Sample)


@dataclass(frozen=True)
class Example(Sample):
    """A task and its answer."""

    completion: list[int]
    is_cut: bool = False

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)

    @property
    def tokens(self) -> list[int]:
        """All of them, in order."""
        return self.input_ids

    @property
    def input_ids(self) -> list[int]:
        """All tokens, as the model reads them."""
        return self.prompt + self.completion

    @property
    def labels(self) -> list[int]:
        """The tokens to predict: the completion; none of the prompt."""
        return [NO_LOSS] * len(self.prompt) + self.completion

    def fault(self) -> Reason | None:
        """An answer without text teaches nothing."""
        return None if self.row["output"] else NO_OUTPUT

    def cut(self, cutoff: int) -> "Example":
        """Return the beginnings of prompt and completion."""
        room = answer_room(len(self.prompt), len(self.completion), cutoff)
        cut = replace(self, prompt=self.prompt[: cutoff - room], completion=self.completion[:room], is_cut=True)
        return cut if room else self


@dataclass(frozen=True)
class TrainingData(Generic[SampleT]):
    """What a training sees, and what it does not: every row read is in exactly one of the three."""

    training: list[SampleT]
    validation: list[SampleT]
    rejected: list[Row]

    @property
    def cut(self) -> int:
        """How many of the rows that are seen are cut to the longest length."""
        return sum(sample.is_cut for sample in (*self.training, *self.validation))

    @property
    def fingerprint(self) -> str:
        """16 hex digits over all tokens, in order."""
        return fingerprint(*([sample.tokens for sample in part] for part in (self.training, self.validation)))


def read_examples(
    files: Sequence[Path], tokenizer: "PreTrainedTokenizerBase", *, learns_to_end: bool = True
) -> list[Example]:
    """Return every row of the files in the model's chat template, as tokens; raises UserError for a bad row.

    Unless the model `learns_to_end`, the token that ends the turn is left out of the answer.
    """
    turn_end = end_of_turn(tokenizer, tokenizer.name_or_path)
    examples = []
    for key, row in keyed_rows(files, "instruction", "input", "output"):
        task = row["instruction"], row["input"], row["output"]
        prompt, completion = prompt_and_completion(tokenizer, *task, turn_end)
        examples.append(Example(key, row, prompt, completion if learns_to_end else completion[:-1]))
    return examples


def keyed_rows(files: Sequence[Path], *fields: str) -> Iterator[tuple[str, Row]]:
    """Yield the rows of all files, of which each field is text, with their keys."""
    for number, file in enumerate(files, start=1):
        for row in tqdm(read_text_rows(file, *fields), desc=file.name, mininterval=0.5):
            yield f"{number}/{row['id']}", row


def select(
    samples: Sequence[SampleT],
    *,
    held_out: Collection[str],
    cutoff: int,
    over_cutoff: str,
    max_samples: int | None,
    subset: str,
    validation_share: float,
    seed: int,
) -> TrainingData[SampleT]:
    """Leave out or cut what is too long, leave out what is too much, and hold back a share for validation.

    Rows of which nothing can be learnt and rows that equal one of `held_out` (see `read_held_out`) are left out first.
    `subset` says which rows stay when there are more than `max_samples` (None: all may stay): "sample"
    takes a seeded random sample; "first" takes the first in file order, as the published runs did, where
    the order of writing and the order of the files decide. The share is rounded down: a handful of rows
    gives no validation.
    """
    unfit = {each.key: reason for each in samples if (reason := _unfit(each, held_out)) is not None}
    rejected = [reject(each.row, unfit[each.key]) for each in samples if each.key in unfit]
    fit = [each for each in samples if each.key not in unfit]
    fitted = [each.cut(cutoff) if over_cutoff == "cut" and len(each) > cutoff else each for each in fit]
    short = [each for each in fitted if len(each) <= cutoff]
    rejected += [
        reject(each.row, OVER_CUTOFF, tokens=len(each), cutoff=cutoff) for each in fitted if len(each) > cutoff
    ]
    ranked = short if subset == "first" else _shuffled(short, seed, "selection")
    kept, surplus = _divide(short, ranked[:max_samples])
    rejected += [reject(each.row, OVER_MAX_SAMPLES, max_samples=max_samples) for each in surplus]
    held_back = _shuffled(kept, seed, "validation")[: int(len(kept) * validation_share)]
    validation, training = _divide(kept, held_back)
    return TrainingData(training, validation, rejected)


def _unfit(sample: Sample, held_out: Collection[str]) -> Reason | None:
    return sample.fault() or (HELD_OUT if same_task(sample.row) in held_out else None)


def answer_room(prompt: int, completion: int, cutoff: int) -> int:
    """Return how many of `cutoff` tokens a completion gets, of a row that is longer: beginnings are kept of both.

    They share the length as in the trainer of the published runs (LLaMA-Factory 0.x): one that is shorter than half
    of it stays whole, and the other gets the rest; else each gets its part by their own lengths.
    """
    if 2 * completion < cutoff:
        return completion
    if 2 * prompt < cutoff:
        return cutoff - prompt
    return int(cutoff * (completion / (prompt + completion)))


def _shuffled(examples: Sequence[SampleT], seed: int, purpose: str) -> list[SampleT]:
    """The examples in an order that depends on their keys alone, not on the file's order or on one another."""
    place: Callable[[SampleT], int] = lambda sample: seed_of(seed, f"{purpose}/{sample.key}")  # noqa: E731
    return sorted(examples, key=place)


def _divide(examples: Sequence[SampleT], chosen: Sequence[SampleT]) -> tuple[list[SampleT], list[SampleT]]:
    """The chosen examples and the others, both in the order they had."""
    keys = {example.key for example in chosen}
    return [e for e in examples if e.key in keys], [e for e in examples if e.key not in keys]
