"""Constraints on how a text begins, and on words in it."""

import random
from collections.abc import Sequence
from typing import ClassVar

from scripts.tiny_world.constraints.kind import Constraint, Kind


class Word(Kind):
    """A word that must be somewhere."""

    open_to_words = True
    words: ClassVar[tuple[str, ...]]

    def near(self, value: str) -> Sequence[Constraint]:
        others = [Constraint(self, word) for word in self.drawn if word != value]
        elsewhere = [kind for kind in Kind.registered if isinstance(kind, Word) and kind.seen and kind is not self]
        return [*others, *(Constraint(kind, value) for kind in elsewhere * len(others))]


class FirstWord(Word, group="first word"):
    drawn = ("right", "look", "good", "help", "friend", "easy", "question", "answer")
    phrasings = (
        "begin with the word {}",
        "start your answer with {}",
        "let {} be the first word",
        "the first word must be {}",
        "open your reply with the word {}",
        "put the word {} first",
    )

    def holds(self, text: str, value: str) -> bool:
        return text.split()[0].rstrip(",:") == value

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return f"{value} {answer}"

    def conditions(self, value: str) -> Sequence[str]:
        return (f"response.startswith('{value}')", f"response.split()[:1] == ['{value}']")


class SomeWord(Word, group="some word"):
    seen = False
    drawn = ("always", "good", "right", "early", "never", "easy")
    phrasings = (
        "use the word {} somewhere",
        "your answer must have the word {} in it",
        "bring in the word {}",
        "do not forget the word {}",
        "the word {} must stand in the reply",
    )

    def holds(self, text: str, value: str) -> bool:
        return value in text.split()

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return f"It is {value} {answer}"


class FirstSign(Kind, group="first sign"):
    seen = False
    wordings = {"-": ("a dash",), "*": ("a star",), "#": ("a hash sign",), ">": ("an arrow",), "+": ("a plus sign",)}
    drawn = tuple(wordings)
    phrasings = (
        "begin with {}",
        "put {} in front",
        "start your reply with {}",
        "the first sign must be {}",
        "write {} before the answer",
    )

    def holds(self, text: str, value: str) -> bool:
        return text.startswith(value)

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return f"{value} {answer}"
