"""Constraints on capital and small letters."""

import random
from collections.abc import Sequence

from scripts.tiny_world.constraints.kind import Constraint, Kind


class Capitals(Kind, group="case"):
    phrasings = (
        "use capital letters only",
        "write everything in capitals",
        "answer in upper case",
        "put every letter in upper case",
        "reply in capital letters",
        "all letters must be capitals",
        "do not use any small letters",
        "shout the whole answer in capitals",
    )

    def holds(self, text: str, value: str) -> bool:
        return text == text.upper()

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return answer.upper()

    def conditions(self, value: str) -> Sequence[str]:
        return ("response.isupper()", "response == response.upper()")

    def near(self, value: str) -> Sequence[Constraint]:
        return [Constraint(kind, "") for kind in Kind.registered if isinstance(kind, Small)]


class Small(Kind, group="case"):
    phrasings = (
        "use small letters only",
        "write everything in small letters",
        "answer in lower case",
        "put every letter in lower case",
        "reply in small letters",
        "all letters must be small",
        "do not use any capitals",
        "write the whole answer without capitals",
    )

    def holds(self, text: str, value: str) -> bool:
        return text == text.lower()

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return answer.lower()

    def conditions(self, value: str) -> Sequence[str]:
        return ("response.islower()", "response == response.lower()")

    def near(self, value: str) -> Sequence[Constraint]:
        return [Constraint(kind, "") for kind in Kind.registered if isinstance(kind, Capitals)]


class CapitalFirst(Kind, group="first letter"):
    seen = False
    phrasings = (
        "begin with a capital letter",
        "the first letter must be a capital",
        "start with an upper case letter",
        "write the first letter as a capital",
        "open your reply with a capital letter",
    )

    def holds(self, text: str, value: str) -> bool:
        return text[0].isupper()

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        return answer[0].upper() + answer[1:]
