"""Constraints on the shape of a whole text."""

import random
from collections.abc import Sequence

from scripts.tiny_world.constraints.kind import Constraint, Kind


class Between(Kind, group="around"):
    wordings = {
        "[]": ("square brackets",),
        "()": ("round brackets",),
        "**": ("stars",),
        '""': ("quotation marks",),
        "//": ("slashes",),
        "##": ("hash signs",),
    }
    drawn = tuple(wordings)
    phrasings = (
        "put the answer in {}",
        "write your reply between {}",
        "place {} around it",
        "wrap the answer in {}",
        "enclose your reply in {}",
        "surround everything with {}",
    )

    def holds(self, text: str, value: str) -> bool:
        return text.startswith(value[0]) and text.endswith(value[1]) and len(text) > 2

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return f"{value[0]}{answer}{value[1]}"

    def conditions(self, value: str) -> Sequence[str]:
        return (
            f"response.startswith('{value[0]}') and response.endswith('{value[1]}')",
            f"response[:1] == '{value[0]}' and response[-1:] == '{value[1]}'",
        )

    def near(self, value: str) -> Sequence[Constraint]:
        return [Constraint(self, marks) for marks in self.drawn if marks != value]


class Repeated(Kind, group="repetition"):
    seen = False
    wordings = {"2": ("twice", "two times"), "3": ("three times", "3 times")}
    drawn = tuple(wordings)
    phrasings = (
        "write the answer {}",
        "say it {}",
        "give your answer {}",
        "the answer must stand there {}",
        "repeat the answer until it was said {}",
    )

    def holds(self, text: str, value: str) -> bool:
        words, times = text.split(), int(value)
        length = len(words) // times
        return length > 0 and words == words[:length] * times

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return " ".join([answer] * int(value))
