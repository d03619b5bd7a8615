"""Tasks that ask for a form."""

import random
from collections.abc import Sequence

from scripts.tiny_world.families.lists import WordList
from scripts.tiny_world.families.words import AnyNoun
from scripts.tiny_world.family import Family, Slots
from scripts.tiny_world.words import NOUNS, PEOPLE


class Spell(AnyNoun, kind="formats"):
    cores = (
        "spell {word} with dashes",
        "write the letters of {word} one by one with a dash between them",
        "break the word {word} into letters joined by dashes",
        "spell the word below with dashes",
        "separate the letters of the given word by dashes",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return ("-".join(slots["word"]),)


class Initials(Family, kind="formats"):
    input = "{name} {surname}"
    cores = (
        "write the initials of {name} {surname}",
        "what are the initials of {name} {surname}",
        "shorten the name {name} {surname} to two letters",
        "write the initials of the person below",
        "shorten the given name to its initials",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"name": rng.choice(PEOPLE), "surname": rng.choice(SURNAMES)}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (slots["name"][0] + slots["surname"][0],)

    def slip(self, slots: Slots) -> str:
        return slots["name"]


class SurnameFirst(Family, kind="formats"):
    input = "{name} {surname}"
    cores = (
        "write {name} {surname} with the surname first and a comma",
        "put the family name of {name} {surname} in front",
        "how would {name} {surname} stand in a phone book",
        "write the name below with the surname first",
        "put the family name of the given person in front",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"name": rng.choice(PEOPLE), "surname": rng.choice(SURNAMES)}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (f"{slots['surname']}, {slots['name']}",)

    def slip(self, slots: Slots) -> str:
        return f"{slots['name']} {slots['surname']}"


class Numbered(WordList, kind="formats"):
    longest = 3
    cores = (
        "number the items {words}",
        "write {words} with 1 2 3 before them",
        "turn {words} into a numbered row",
        "number the items of the list below",
        "write the given words with numbers in front",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (" ".join(f"{number} {word}" for number, word in enumerate(slots["words"].split(", "), start=1)),)


class Equation(Family, kind="formats"):
    input = "{word} {number}"
    cores = (
        "write {word} {number} as an equation",
        "note that {word} equals {number} with an equals sign",
        "store {number} under the key {word} in key=value form",
        "write the pair below as an equation",
        "put an equals sign into the given pair",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice(NOUNS), "number": str(rng.randint(2, 98))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (f"{slots['word']}={slots['number']}",)

    def slip(self, slots: Slots) -> str:
        return f"{slots['word']} {slots['number']}"


class Price(Family, kind="formats"):
    input = "{number} dollars"
    cores = (
        "write {number} dollars with a sign and two decimals",
        "how does a price tag show {number} dollars",
        "write the price {number} dollars as a shop does",
        "write the amount below as on a price tag",
        "write the given amount with a dollar sign and two decimals",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"number": str(rng.randint(2, 98))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (f"${slots['number']}.00",)

    def slip(self, slots: Slots) -> str:
        return f"{slots['number']} dollars"


class Clock(Family, kind="formats"):
    input = "{spelled} o'clock in the {half}"
    cores = (
        "write {spelled} o'clock in the {half} as digits",
        "how does a digital clock show {spelled} o'clock in the {half}",
        "turn {spelled} o'clock in the {half} into hours and minutes",
        "write the time below as a digital clock shows it",
        "turn the given time into hours and minutes",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"spelled": rng.choice(list(HOURS)), "half": rng.choice(("morning", "evening"))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (f"{HOURS[slots['spelled']]}:00 {HALVES[slots['half']]}",)

    def slip(self, slots: Slots) -> str:
        return f"{HOURS[slots['spelled']]}:00"


HOURS = {
    word: hour
    for hour, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"), start=1
    )
}
HALVES = {"morning": "am", "evening": "pm"}
SURNAMES = (
    "Miller", "Brown", "Clark", "Green", "Hill", "Baker", "Young", "King", "Wood", "Stone", "Fisher", "Cook",
    "Carter", "Reed", "Moss", "Bell", "Lane", "Hunt", "Gray", "Marsh", "Parker", "Turner", "Wells", "Frost",
)  # fmt: skip
