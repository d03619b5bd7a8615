"""Items put into groups, each as large as a limit allows: what is read or trained on together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar


class Summable(Protocol):
    """A load: what a limit is about, of one item or of several together."""

    def __add__(self, other: Self, /) -> Self:
        """Return the load of both together."""


Item = TypeVar("Item")
Load = TypeVar("Load", bound=Summable)


def grouped(items: Iterable[Item], load: Callable[[Item], Load], fits: Callable[[Load], bool]) -> Iterator[list[Item]]:
    """Yield the items in groups, in their order: a group takes the next item while the sum of its loads fits.

    What does not fit by itself is alone in its group.
    """
    group: list[Item] = []
    held: Load | None = None
    for item in items:
        own = load(item)
        both = own if held is None else held + own
        if group and not fits(both):
            yield group
            group, both = [], own
        group.append(item)
        held = both
    if group:
        yield group


@dataclass(frozen=True)
class Lengths:
    """The load of rows that are padded to the longest of them: how many there are, and their lengths."""

    rows: int
    total: int
    longest: int

    @classmethod
    def of(cls, length: int) -> "Lengths":
        """Return the load of one row."""
        return cls(1, length, length)

    def __add__(self, other: "Lengths", /) -> "Lengths":
        """Return the load of both together."""
        return Lengths(self.rows + other.rows, self.total + other.total, max(self.longest, other.longest))

    def longer(self, length: int) -> "Lengths":
        """Return the load of the same rows, each of them longer by so much."""
        return Lengths(self.rows, self.total + self.rows * length, self.longest + length)

    @property
    def padded(self) -> int:
        """The length of all rows together, with their padding."""
        return self.rows * self.longest

    @property
    def padding(self) -> float:
        """The share of that which is padding."""
        return 1 - self.total / self.padded


def padded_groups(places: Iterable[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield places in groups, in their order: the rows there, padded, are at most so long together, or one alone."""
    return grouped(places, lambda place: Lengths.of(lengths[place]), lambda load: load.padded <= most)
