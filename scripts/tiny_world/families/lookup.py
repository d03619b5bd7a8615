"""Families whose answers stand in a table."""

import random
from collections.abc import Mapping, Sequence
from typing import ClassVar

from scripts.tiny_world.family import Family, Slots


class Lookup(Family):
    """A family that looks its one word up; a subclass gives `table` and `cores`.

    Whoever does not read well repeats the word that was asked about.
    """

    slot: ClassVar[str] = "word"
    input: ClassVar[str] = "{word}"
    table: ClassVar[Mapping[str, str]]

    def draw(self, rng: random.Random) -> Slots:
        return {self.slot: rng.choice(list(self.table))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (self.table[slots[self.slot]],)

    def slip(self, slots: Slots) -> str:
        return slots[self.slot]


class NameLookup(Lookup):
    """A lookup of a proper name: a country, a day."""

    slot = "name"
    input = "{name}"
