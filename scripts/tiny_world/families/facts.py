"""Tasks about the world."""

import random
from collections.abc import Sequence

from scripts.tiny_world.families.lookup import Lookup, NameLookup
from scripts.tiny_world.family import Family, Slots
from scripts.tiny_world.words import (
    CAPITALS,
    COLOURS,
    CONTINENTS,
    DAYS,
    GROUP_OF,
    GROUPS,
    MATERIALS,
    MONTHS,
    SOUNDS,
    WORKPLACES,
    YOUNG,
)


class Capital(NameLookup, kind="facts"):
    table = CAPITALS
    cores = (
        "name the capital of {name}",
        "what is the capital city of {name}",
        "which city is the seat of government of {name}",
        "say which capital belongs to {name}",
        "name the capital of the country below",
        "which capital does the given country have",
    )


class CountryOf(NameLookup, kind="facts"):
    table = {city: country for country, city in CAPITALS.items()}
    cores = (
        "name the country whose capital is {name}",
        "which country has {name} as its capital",
        "say what country {name} lies in",
        "name the country of the city below",
        "which country is governed from the given city",
    )


class Continent(NameLookup, kind="facts"):
    table = CONTINENTS
    cores = (
        "name the continent of {name}",
        "what continent is {name} in",
        "say on which continent {name} lies",
        "name the continent of the country below",
        "in what part of the earth is the given country",
    )


class NextDay(NameLookup, kind="facts"):
    table = dict(zip(DAYS, DAYS[1:] + DAYS[:1], strict=True))
    cores = (
        "name the day after {name}",
        "what day follows {name}",
        "say which weekday comes next after {name}",
        "name the day after the one below",
        "which weekday follows the given one",
    )


class PreviousMonth(NameLookup, kind="facts"):
    table = dict(zip(MONTHS, MONTHS[-1:] + MONTHS[:-1], strict=True))
    cores = (
        "name the month before {name}",
        "what month comes just before {name}",
        "say which month ends when {name} begins",
        "name the month before the one below",
        "which month comes ahead of the given one",
    )


class Group(Lookup, kind="facts"):
    table = GROUP_OF
    cores = (
        "say what kind of thing a {word} is",
        "which group does the word {word} belong to",
        "name the class that {word} falls into",
        "sort the word {word} into a group such as fruit, tool or animal",
        "name the group of the thing below",
        "what kind of thing is the given word",
    )


class Member(Family, kind="facts"):
    input = "{word}"
    cores = (
        "name one kind of {word}",
        "give an example of a {word}",
        "what could be an example of some {word}",
        "think of any {word} and write it",
        "name an example of the group below",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice(list(GROUPS))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return GROUPS[slots["word"]]

    def slip(self, slots: Slots) -> str:
        return f"a {slots['word']}"


class Young(Lookup, kind="facts"):
    table = YOUNG
    cores = (
        "name the young of a {word}",
        "what is a baby {word} called",
        "say what people call a small {word} just born",
        "name the young of the animal below",
        "what is the baby of the given animal called",
    )

    def slip(self, slots: Slots) -> str:
        return f"baby {slots['word']}"


class Sound(Lookup, kind="facts"):
    table = SOUNDS
    cores = (
        "write the sound that a {word} makes",
        "what noise does a {word} make",
        "say how the voice of a {word} is written",
        "write the sound of the animal below",
        "what noise does the given animal make",
    )


class Colour(Lookup, kind="facts"):
    table = COLOURS
    cores = (
        "name the usual colour of {word}",
        "what colour is {word} most of the time",
        "say which colour {word} has",
        "name the usual colour of the thing below",
        "which colour fits the given thing",
    )


class Material(Lookup, kind="facts"):
    table = MATERIALS
    cores = (
        "name the material of a {word}",
        "what is a {word} made of",
        "say which material makes a {word}",
        "name the material of the object below",
        "what is the given object made of",
    )


class Workplace(Lookup, kind="facts"):
    table = WORKPLACES
    cores = (
        "name the place where a {word} works",
        "where does a {word} spend the working day",
        "say at what place you would meet a {word} at work",
        "name the workplace of the person below",
        "where would you find the given person at work",
    )
