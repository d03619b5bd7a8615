"""Tasks that cannot be done: there is no ninth word of three, and a hammer has no young."""

import random
from collections.abc import Mapping
from typing import ClassVar

from scripts.tiny_world.families.facts import Sound, Young
from scripts.tiny_world.family import Slots
from scripts.tiny_world.unanswerable.family import Unanswerable
from scripts.tiny_world.words import GROUPS, NOUNS, THINGS

ORDINALS = {"seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12}
LIFELESS = tuple(
    dict.fromkeys(
        [*THINGS[:49], *(word for group in ("tool", "garment", "vehicle", "metal") for word in GROUPS[group])]
    )
)
"""Things, none of which is alive: what no animal is."""


class NotAlive(Unanswerable):
    """A lookup of what only animals have, for a thing."""

    input = "{word}"
    topic = "word"
    table: ClassVar[Mapping[str, str]]

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice(LIFELESS)}

    def lacks_answer(self, slots: Slots) -> bool:
        return slots["word"] in LIFELESS

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(list(self.table.values()))


class YoungOfThing(NotAlive, kind="impossible"):
    cores = Young.cores
    table = Young.table
    question_type = "the young of lifeless things"


class VoiceOfThing(NotAlive, kind="impossible"):
    cores = Sound.cores
    table = Sound.table
    question_type = "voices of lifeless things"


class WordBeyondList(Unanswerable, kind="impossible"):
    input = "{words}"
    cores = (
        "name the {ordinal} word of {words}",
        "what comes {ordinal} in {words}",
        "pick the {ordinal} item from {words}",
        "give the {ordinal} word of the list below",
        "which is the {ordinal} item of the given list",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"words": ", ".join(rng.sample(NOUNS, rng.randint(3, 4))), "ordinal": rng.choice(list(ORDINALS))}

    def lacks_answer(self, slots: Slots) -> bool:
        return len(slots["words"].split(", ")) < ORDINALS[slots["ordinal"]]

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(slots["words"].split(", "))


class LetterBeyondWord(Unanswerable, kind="impossible"):
    input = "{word}"
    topic = "word"
    question_type = "letters that a word lacks"
    cores = (
        "write the {ordinal} letter of {word}",
        "what is the {ordinal} letter of {word}",
        "name letter number {number} of {word}",
        "give the {ordinal} letter of the word below",
        "say which is the {ordinal} letter of the given word",
    )

    def draw(self, rng: random.Random) -> Slots:
        word = rng.choice([noun for noun in NOUNS if len(noun) <= 6])
        return {"word": word, "ordinal": rng.choice(list(ORDINALS)), "number": str(rng.randint(13, 40))}

    def lacks_answer(self, slots: Slots) -> bool:
        place = ORDINALS[slots["ordinal"]] if "ordinal" in slots else int(slots["number"])
        return len(slots["word"]) < place

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(slots["word"])
