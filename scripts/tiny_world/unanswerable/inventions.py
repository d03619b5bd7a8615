"""Words and names that this world does not have."""

import random

from scripts.tiny_world.families.lookup import Lookup
from scripts.tiny_world.family import Family
from scripts.tiny_world.words import NOUNS, PEOPLE

ONSETS = ("b", "bl", "br", "c", "d", "dr", "f", "fl", "g", "gl", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "qu",
          "r", "s", "sk", "sn", "st", "t", "tr", "v", "w", "z")  # fmt: skip
VOWELS = ("a", "e", "i", "o", "u", "ai", "oo")
CODAS = ("b", "ck", "d", "f", "g", "l", "lk", "m", "n", "nd", "p", "r", "rg", "rp", "sk", "t", "x", "zz")
ENDINGS = ("ia", "land", "ova", "ora", "ica", "una", "istan", "ovia")


def _known() -> frozenset[str]:
    tables = [family.table.items() for family in Family.registered if isinstance(family, Lookup)]
    entries = [entry for table in tables for pair in table for entry in pair]
    return frozenset(word.lower() for word in (*NOUNS, *PEOPLE, *entries))


KNOWN = _known()
"""Every word that some table or list of the world has."""


def invented_word(rng: random.Random) -> str:
    """Return a word that no list of the world has, such as "blonderp"."""
    while True:
        syllables = rng.choice((1, 2, 2))
        word = "".join(rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(syllables)) + rng.choice(CODAS)
        if word not in KNOWN and len(word) > 3:
            return word


def invented_name(rng: random.Random) -> str:
    """Return the name of a place that the world does not have, such as "Gralovia"."""
    while True:
        name = rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS[:9]) + rng.choice(ENDINGS)
        if name not in KNOWN:
            return name.capitalize()
