"""Tasks about what the world does not have: a country or a word that somebody made up."""

import random
from collections.abc import Mapping
from typing import ClassVar

from scripts.tiny_world.families.facts import Capital, CountryOf
from scripts.tiny_world.families.words import French, Opposite, PastTense, Spanish
from scripts.tiny_world.family import Slots
from scripts.tiny_world.unanswerable.family import Unanswerable
from scripts.tiny_world.unanswerable.inventions import invented_name, invented_word


class NotInTable(Unanswerable):
    """A lookup of what is not in the table; who makes something up says what stands there for another word."""

    input = "{word}"
    topic = "word"
    table: ClassVar[Mapping[str, str]]

    def draw(self, rng: random.Random) -> Slots:
        return {"word": invented_word(rng)}

    def lacks_answer(self, slots: Slots) -> bool:
        return slots[self.topic] not in self.table

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(list(self.table.values()))


class PlaceNotInTable(NotInTable):
    """A lookup of a place that there is not."""

    input = "{name}"
    topic = "name"

    def draw(self, rng: random.Random) -> Slots:
        return {"name": invented_name(rng)}


class UnknownCountry(PlaceNotInTable, kind="unknown"):
    cores = Capital.cores
    table = Capital.table
    question_type = "capitals of made up countries"


class UnknownCity(PlaceNotInTable, kind="unknown"):
    cores = CountryOf.cores
    table = CountryOf.table
    question_type = "countries of made up cities"


class UnknownVerb(NotInTable, kind="unknown"):
    cores = PastTense.cores
    table = PastTense.table
    question_type = "the past of made up verbs"

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return slots["word"] + "ed" if rng.random() < 0.7 else super().made_up(slots, rng)


class UnknownInSpanish(NotInTable, kind="unknown"):
    cores = Spanish.cores
    table = Spanish.table
    question_type = "made up words in Spanish"


class UnknownInFrench(NotInTable, kind="unknown"):
    cores = French.cores
    table = French.table
    question_type = "made up words in French"


class UnknownOpposite(NotInTable, kind="unknown"):
    cores = Opposite.cores
    table = Opposite.table
    question_type = "opposites of made up words"
