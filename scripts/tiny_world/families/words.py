"""Tasks about single words."""

import random
from collections.abc import Sequence

from scripts.tiny_world.families.lookup import Lookup
from scripts.tiny_world.family import Family, Slots
from scripts.tiny_world.words import COMPARATIVES, COUNTABLE, FRENCH, NOUNS, OPPOSITES, PAST_TENSE, SPANISH, plural


class Plural(Lookup, kind="words"):
    table = {noun: plural(noun) for noun in COUNTABLE}
    cores = (
        "write the plural of {word}",
        "what is the plural form of {word}",
        "turn {word} into its plural",
        "change the noun {word} to more than one",
        "give the plural of the noun below",
        "make the given noun plural",
        "what do we call several of these",
    )


class Singular(Lookup, kind="words"):
    table = {plural(noun): noun for noun in COUNTABLE}
    cores = (
        "write the singular of {word}",
        "what is the singular form of {word}",
        "turn {word} into its singular",
        "change the noun {word} to just one",
        "give the singular of the noun below",
        "make the given plural singular",
    )


class Opposite(Lookup, kind="words"):
    table = OPPOSITES
    cores = (
        "write the opposite of {word}",
        "what is the opposite of {word}",
        "name a word that means the contrary of {word}",
        "find the antonym of {word}",
        "give the opposite of the word below",
        "which word is the reverse in meaning",
    )

    def slip(self, slots: Slots) -> str:
        return f"not {slots['word']}"


class PastTense(Lookup, kind="words"):
    table = PAST_TENSE
    cores = (
        "write the past tense of {word}",
        "what is the past form of the verb {word}",
        "put the verb {word} into the past",
        "say how we write {word} when it happened yesterday",
        "give the past tense of the verb below",
        "move the given verb into the past",
    )


class Comparative(Lookup, kind="words"):
    table = COMPARATIVES
    cores = (
        "write the comparative of {word}",
        "what is the comparative form of {word}",
        "finish the pattern small, smaller for {word}",
        "compare two things using the adjective {word}",
        "give the comparative of the adjective below",
        "make the given adjective one step stronger",
    )

    def slip(self, slots: Slots) -> str:
        return f"more {slots['word']}"


class Spanish(Lookup, kind="words"):
    table = SPANISH
    cores = (
        "translate {word} into Spanish",
        "what is the Spanish word for {word}",
        "say {word} in Spanish",
        "how do people in Madrid say {word}",
        "translate the word below into Spanish",
        "give the Spanish for the given word",
    )


class French(Lookup, kind="words"):
    table = FRENCH
    cores = (
        "translate {word} into French",
        "what is the French word for {word}",
        "say {word} in French",
        "how do people in Paris say {word}",
        "translate the word below into French",
        "give the French for the given word",
    )


class AnyNoun(Family):
    """A task about the letters of any word of the lists."""

    input = "{word}"

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice(NOUNS)}

    def slip(self, slots: Slots) -> str:
        return slots["word"]


class FirstLetter(AnyNoun, kind="words"):
    cores = (
        "write the first letter of {word}",
        "what letter does {word} start with",
        "name the letter at the beginning of {word}",
        "which letter opens the word {word}",
        "give the first letter of the word below",
        "say which letter the given word starts with",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (slots["word"][0],)


class LastLetter(AnyNoun, kind="words"):
    cores = (
        "write the last letter of {word}",
        "what letter does {word} end with",
        "name the letter at the end of {word}",
        "which letter closes the word {word}",
        "give the last letter of the word below",
        "say which letter the given word ends with",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (slots["word"][-1],)
