"""Tasks without what they are about: "sort the words below", and there are none."""

import random
from collections.abc import Sequence

from scripts.tiny_world.families import words
from scripts.tiny_world.families.lists import SEPARATORS, WordList
from scripts.tiny_world.families.lookup import Lookup
from scripts.tiny_world.family import Family, Slots
from scripts.tiny_world.unanswerable.family import Unanswerable
from scripts.tiny_world.words import NOUNS


def cores_about_an_input(families: Sequence[Family], *marks: str) -> tuple[str, ...]:
    """Return the phrasings of families that point to an input by one of the marks, such as "below"."""
    cores = [core for family in families for core in family.cores]
    return tuple(core for core in cores if any(mark in core for mark in marks))


class MissingList(Unanswerable, kind="missing"):
    cores = cores_about_an_input(
        [family for family in Family.registered if isinstance(family, WordList)],
        "list below", "given list", "words below", "given words",
    )  # fmt: skip

    def draw(self, rng: random.Random) -> Slots:
        return {"separator": rng.choice(list(SEPARATORS))}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return ", ".join(rng.sample(NOUNS, rng.randint(1, 3)))


class MissingWord(Unanswerable, kind="missing"):
    cores = cores_about_an_input(
        [family for family in Family.registered if type(family).__module__ == words.__name__],
        "word below", "given word", "noun below", "given noun", "verb below", "given verb", "adjective below",
    )  # fmt: skip

    def draw(self, rng: random.Random) -> Slots:
        return {}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(NOUNS)


class MissingName(Unanswerable, kind="missing"):
    cores = cores_about_an_input(
        [family for family in Family.registered if isinstance(family, Lookup)],
        "country below", "given country", "city below", "given city", "animal below", "given animal",
        "thing below", "given thing", "object below", "given object",
    )  # fmt: skip

    def draw(self, rng: random.Random) -> Slots:
        return {}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        family = rng.choice([family for family in Family.registered if isinstance(family, Lookup)])
        return rng.choice(list(family.table.values()))
