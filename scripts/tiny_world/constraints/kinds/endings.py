"""Constraints on how a text ends."""

import random
from collections.abc import Sequence

from scripts.tiny_world.constraints.kind import Constraint, Kind
from scripts.tiny_world.constraints.kinds.beginnings import Word


class LastWord(Word, group="last word"):
    drawn = ("always", "friend", "early", "late", "right", "happy", "never", "night")
    phrasings = (
        "end with the word {}",
        "finish your answer with {}",
        "let {} be the last word",
        "the last word must be {}",
        "close your reply with the word {}",
        "put the word {} last",
    )

    def holds(self, text: str, value: str) -> bool:
        return text.split()[-1].rstrip(".!") == value

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return f"{answer} {value}"

    def conditions(self, value: str) -> Sequence[str]:
        return (f"response.endswith('{value}')", f"response.split()[-1:] == ['{value}']")


class LastSign(Kind, group="last sign"):
    wordings = {
        ".": ("a full stop",),
        "!": ("an exclamation mark",),
        "?": ("a question mark",),
        ";": ("a semicolon",),
        ":": ("a colon",),
    }
    drawn = tuple(wordings)
    phrasings = (
        "end with {}",
        "finish with {}",
        "put {} at the end",
        "close your reply with {}",
        "the last sign must be {}",
        "add {} after the answer",
    )

    def holds(self, text: str, value: str) -> bool:
        return text.endswith(value)

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return f"{answer}{value}"

    def conditions(self, value: str) -> Sequence[str]:
        return (f"response.endswith('{value}')", f"response[-1:] == '{value}'")

    def near(self, value: str) -> Sequence[Constraint]:
        return [Constraint(self, mark) for mark in self.drawn if mark != value]
