"""What functions say of answers: how many that each follows its instruction, how many that it does not, and how many
say nothing."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from scripts.lib.rows.grouping import grouped
from scripts.lib.rows.jsonl import Row
from scripts.lib.sandbox.running import MOST_RESPONSES, Batch, Sandbox
from scripts.lib.sandbox.verdicts import FunctionVerdict

MOST_CHARACTERS = 2**20
"""After which a group is full, whatever the number of its answers: groups are held in memory."""

ANSWERS = (FunctionVerdict.TRUE, FunctionVerdict.FALSE)


@dataclass(frozen=True)
class Group:
    """Answers that the same functions verify: rows with `output`; at least one of each."""

    functions: Sequence[str]
    answers: Sequence[Row]


@dataclass(frozen=True)
class _Load:
    answers: int
    characters: int

    def __add__(self, other: "_Load", /) -> "_Load":
        return _Load(self.answers + other.answers, self.characters + other.characters)


def in_groups(rows: Iterable[Row], functions_of: Callable[[str], Sequence[str]]) -> Iterator[Group]:
    """Yield rows that follow one another and have one `constraint_id` in groups, not too many in one."""
    for name, together in groupby(rows, key=lambda row: str(row["constraint_id"])):
        functions = functions_of(name)
        for answers in grouped(together, lambda row: _Load(1, len(row["output"])), _fits):
            yield Group(functions, answers)


def verified(
    groups: Iterable[Group], sandbox: Sandbox, found: Counter[str], *, undecided_is: float | None = None
) -> Iterator[Row]:
    """Yield each answer, in order, with `verdicts` (numbers of functions) and `accuracy`; add all verdicts to `found`.

    The accuracy is the share of the functions that decide which say true; where none decides, it is `undecided_is`.
    A few groups are held in memory at a time, whatever their number.
    """
    waiting: deque[Group] = deque()
    verdicts = sandbox.run(_batches(groups, waiting))
    for first in verdicts:
        group = waiting.popleft()
        by_function = [first, *(next(verdicts) for _ in group.functions[1:])]
        for row, said in zip(group.answers, zip(*by_function, strict=True), strict=True):
            numbers = Counter(said)
            found.update(verdict.value for verdict in said)
            decided = sum(numbers[each] for each in ANSWERS)
            yield {
                **row,
                "verdicts": {
                    **{each.value: numbers[each] for each in ANSWERS},
                    "undecided": len(said) - decided,
                },
                "accuracy": numbers[FunctionVerdict.TRUE] / decided if decided else undecided_is,
            }


def _batches(groups: Iterable[Group], waiting: deque[Group]) -> Iterator[Batch]:
    for group in groups:
        waiting.append(group)
        responses = [row["output"] for row in group.answers]
        for function in group.functions:
            yield Batch(function, responses)


def _fits(load: _Load) -> bool:
    return load.answers <= MOST_RESPONSES and load.characters <= MOST_CHARACTERS
