"""What a kind of constraint is: one short class, which registers itself by being defined."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

PARAMETER = "{}"


class Kind:
    """A kind of constraint of form. A subclass with `group=` is one.

    `group` names what of a text it is about: constraints of one group that differ contradict each other. `phrasings`
    have neither capital nor end mark; PARAMETER in them stands for what `wordings` has for a value, or, if the kind
    is `open_to_words`, for any word. `drawn` are the values that pages of the corpus have. `bare_follows` says
    whether a bare answer follows it as a rule. Kinds that are not `seen`
    are in no list of constraints and no function of the corpus, and not among the seeds.
    """

    group: ClassVar[str]
    name: ClassVar[str]
    seen: ClassVar[bool] = True
    open_to_words: ClassVar[bool] = False
    bare_follows: ClassVar[bool] = False
    phrasings: ClassVar[tuple[str, ...]]
    wordings: ClassVar[Mapping[str, tuple[str, ...]]] = {"": ("",)}
    drawn: ClassVar[tuple[str, ...]] = ("",)
    registered: ClassVar[list["Kind"]] = []

    def __init_subclass__(cls, group: str | None = None) -> None:
        if group is not None:
            cls.group = group
            cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
            cls.registered.append(cls())

    def holds(self, text: str, value: str) -> bool:
        """Return whether a text follows the constraint: the truth, which no function decides."""
        raise NotImplementedError

    def follow(self, answer: str, value: str, rng: random.Random) -> str:
        """Return a text that has the answer and follows the constraint, if any with this answer can."""
        raise NotImplementedError

    def conditions(self, value: str) -> Sequence[str]:
        """Return Python conditions on `response`, each of which says whether the constraint is followed."""
        raise NotImplementedError

    def near(self, value: str) -> Sequence["Constraint"]:
        """Return constraints that this one is mistaken for."""
        return ()

    def wording(self, value: str, rng: random.Random) -> str:
        """Return how the value of a constraint is written; the first way is the usual one."""
        if value not in self.wordings:
            return value
        ways = self.wordings[value]
        return ways[0] if rng.random() < 0.85 else rng.choice(ways)

    def read(self, phrase: str) -> str | None:
        """Return the value of a constraint that is written without capital and end mark; None if it is of another
        kind."""
        for pattern in self._patterns:
            if match := pattern.fullmatch(phrase):
                written = match.groups()[0] if match.groups() else ""
                return self._values.get(written, written)
        return None

    @cached_property
    def _values(self) -> dict[str, str]:
        return {way: value for value, ways in self.wordings.items() for way in ways}

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        ways = "[A-Za-z]+" if self.open_to_words else "|".join(re.escape(way) for way in self._values)
        return [re.compile(re.escape(each).replace(re.escape(PARAMETER), f"({ways})")) for each in self.phrasings]


@dataclass(frozen=True)
class Constraint:
    """A constraint of form: its kind, and the value of its parameter, empty where the kind has none."""

    kind: Kind
    value: str

    def holds(self, text: str) -> bool:
        """Return whether a text follows it; white space around the text does not count."""
        text = text.strip()
        return bool(text) and self.kind.holds(text, self.value)

    def follow(self, answer: str, rng: random.Random) -> str:
        """Return a text that has the answer and follows it, if any with this answer can."""
        return self.kind.follow(answer, self.value, rng)

    def phrase(self, rng: random.Random) -> str:
        """Return it in words, as a sentence."""
        return "".join(self.phrase_parts(rng))

    def phrase_parts(self, rng: random.Random) -> tuple[str, str, str]:
        """Return it in words, as a sentence: what comes before its parameter, the parameter, and what comes after."""
        before, _, after = f"{rng.choice(self.kind.phrasings)}.".partition(PARAMETER)
        return before[0].upper() + before[1:], self.kind.wording(self.value, rng), after
