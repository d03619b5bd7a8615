"""Constraints on the number of words."""

import random
from collections.abc import Callable, Sequence
from operator import eq, ge, le
from typing import ClassVar

from scripts.tiny_world.constraints.kind import Constraint, Kind
from scripts.tiny_world.words import number_word

FRAMES = {
    0: ("{}",),
    1: ("Clearly {}", "Only {}"),
    2: ("It is {}", "That is {}"),
    3: ("The answer is {}", "This must be {}"),
    4: ("I think it is {}", "I know it is {}"),
    5: ("I think the answer is {}", "I know the answer is {}"),
    6: ("I am sure the answer is {}", "I would say the answer is {}"),
    7: ("I am quite sure the answer is {}",),
}
"""Answers with so many more words."""


def framed(answer: str, words: int, rng: random.Random) -> str:
    """Return a text of so many words that has the answer, or of the nearest number that there is."""
    more = min(max(words - len(answer.split()), 0), max(FRAMES))
    return rng.choice(FRAMES[more]).format(answer)


class Count(Kind):
    """A bound for the number of words."""

    wordings = {
        str(number): ("one word", "1 word", "a single word")
        if number == 1
        else (f"{number_word(number)} words", f"{number} words")
        for number in range(1, 21)
    }
    sign: ClassVar[str]
    compare: ClassVar[Callable[[int, int], bool]]
    beyond: ClassVar[tuple[int, ...]]
    """How far from the bound the texts are that follow it."""

    def holds(self, text: str, value: str) -> bool:
        return type(self).compare(len(text.split()), int(value))

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return framed(answer, max(1, int(value) + rng.choice(self.beyond)), rng)

    def conditions(self, value: str) -> Sequence[str]:
        return (f"len(response.split()) {self.sign} {value}",)

    def near(self, value: str) -> Sequence[Constraint]:
        number = int(value)
        others = [kind for kind in Kind.registered if isinstance(kind, Count) and kind is not self]
        wrong = [Constraint(self, str(other)) for other in (number - 1, number + 1) if other > 0]
        return [*wrong, *(Constraint(kind, value) for kind in others)]


class AtMost(Count, group="count"):
    sign, compare, beyond = "<=", le, (0, 0, -1)
    bare_follows = True
    drawn = ("2", "3", "4", "5")
    phrasings = (
        "use at most {}",
        "answer in at most {}",
        "reply with no more than {}",
        "do not use more than {}",
        "write {} at the most",
        "stay within {}",
    )

    def conditions(self, value: str) -> Sequence[str]:
        return (*super().conditions(value), f"len(response.split()) < {int(value) + 1}")


class AtLeast(Count, group="count"):
    sign, compare, beyond = ">=", ge, (0, 0, 1)
    drawn = ("2", "3", "4", "5", "6")
    phrasings = (
        "use at least {}",
        "answer in at least {}",
        "reply with no fewer than {}",
        "do not use fewer than {}",
        "write {} or more",
        "make it {} at the least",
    )

    def conditions(self, value: str) -> Sequence[str]:
        return (*super().conditions(value), f"len(response.split()) > {int(value) - 1}")


class Exactly(Count, group="count"):
    sign, compare, beyond = "==", eq, (0,)
    drawn = ("2", "3", "4", "5", "6")
    phrasings = (
        "use exactly {}",
        "answer in exactly {}",
        "reply with just {}",
        "write {} and not one more or less",
        "your answer must have {}",
    )
