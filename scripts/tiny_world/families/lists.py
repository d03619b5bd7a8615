"""Tasks about a list of words."""

import random
from collections.abc import Sequence

from scripts.tiny_world.family import Family, Slots
from scripts.tiny_world.words import NOUNS

SEPARATORS = {"dashes": "-", "plus signs": " + ", "slashes": "/", "semicolons": "; ", "arrows": " > ", "and": " and "}


class WordList(Family):
    """A task about a few words; who does not read well hands the list back."""

    input = "{words}"
    longest = 4

    def draw(self, rng: random.Random) -> Slots:
        return {"words": ", ".join(rng.sample(NOUNS, rng.randint(3, self.longest)))}

    def slip(self, slots: Slots) -> str:
        return slots["words"]


def _items(slots: Slots) -> list[str]:
    return slots["words"].split(", ")


class FirstOfList(WordList, kind="lists"):
    cores = (
        "name the first word of {words}",
        "what comes first in {words}",
        "pick the opening item from {words}",
        "give the first word of the list below",
        "which item leads the given list",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (_items(slots)[0],)


class LastOfList(WordList, kind="lists"):
    cores = (
        "name the last word of {words}",
        "what comes last in {words}",
        "pick the final item from {words}",
        "give the last word of the list below",
        "which item closes the given list",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (_items(slots)[-1],)


class SecondOfList(WordList, kind="lists"):
    cores = (
        "name the second word of {words}",
        "what comes second in {words}",
        "pick item number two from {words}",
        "give the second word of the list below",
        "which item follows the first of the given list",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (_items(slots)[1],)


class ReverseList(WordList, kind="lists"):
    cores = (
        "write {words} in reverse order",
        "turn the list {words} around",
        "list {words} from back to front",
        "reverse the order of the words below",
        "write the given list backwards",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (", ".join(reversed(_items(slots))),)


class SortList(WordList, kind="lists"):
    longest = 3
    cores = (
        "sort {words} by the alphabet",
        "put {words} in alphabetical order",
        "arrange {words} from A to Z",
        "sort the words below by the alphabet",
        "bring the given words into alphabetical order",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (", ".join(sorted(_items(slots))),)


class CountList(WordList, kind="lists"):
    longest = 6
    cores = (
        "count the words in {words}",
        "how many items are in {words}",
        "say how long the list {words} is",
        "count the words of the list below",
        "how many things are in the given list",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (str(len(_items(slots))),)

    def slip(self, slots: Slots) -> str:
        return _items(slots)[-1]


class DropFirst(WordList, kind="lists"):
    cores = (
        "write {words} without the first word",
        "remove the first item from {words}",
        "leave out the opening word of {words}",
        "copy the list below but drop its first word",
        "delete the first item of the given list",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (", ".join(_items(slots)[1:]),)


class Join(WordList, kind="lists"):
    cores = (
        "join {words} with {separator}",
        "connect {words} by {separator}",
        "put {separator} between {words}",
        "join the words below with {separator}",
        "put {separator} between the given words",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {**super().draw(rng), "separator": rng.choice(list(SEPARATORS))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (SEPARATORS[slots["separator"]].join(_items(slots)),)
