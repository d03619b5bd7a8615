"""Tasks about numbers."""

import random
from collections.abc import Sequence

from scripts.tiny_world.families.lookup import Lookup
from scripts.tiny_world.family import Family, Slots
from scripts.tiny_world.words import number_word


class Sum(Family, kind="numbers"):
    input = "{number} and {other}"
    cores = (
        "add {number} and {other}",
        "what is {number} plus {other}",
        "work out the sum of {number} and {other}",
        "how much is {number} together with {other}",
        "add the two numbers below",
        "find the sum of the given numbers",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"number": str(rng.randint(1, 20)), "other": str(rng.randint(1, 9))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (str(int(slots["number"]) + int(slots["other"])),)

    def slip(self, slots: Slots) -> str:
        return f"{slots['number']} + {slots['other']}"


class Larger(Family, kind="numbers"):
    input = "{number} or {other}"
    cores = (
        "name the larger of {number} and {other}",
        "which is greater, {number} or {other}",
        "pick the bigger number from {number} and {other}",
        "choose the larger of the two numbers below",
        "say which of the given numbers is bigger",
    )

    def draw(self, rng: random.Random) -> Slots:
        number, other = rng.sample(range(1, 100), 2)
        return {"number": str(number), "other": str(other)}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (str(max(int(slots["number"]), int(slots["other"]))),)

    def slip(self, slots: Slots) -> str:
        return f"{slots['number']} or {slots['other']}"


class OneNumber(Family):
    """A task about one number below a hundred; who does not read well repeats it."""

    input = "{number}"

    def draw(self, rng: random.Random) -> Slots:
        return {"number": str(rng.randint(2, 98))}

    def slip(self, slots: Slots) -> str:
        return slots["number"]


class NextNumber(OneNumber, kind="numbers"):
    cores = (
        "write the number after {number}",
        "what number comes after {number}",
        "count one up from {number}",
        "give the number that follows the one below",
        "add one to the given number",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (str(int(slots["number"]) + 1),)


class PreviousNumber(OneNumber, kind="numbers"):
    cores = (
        "write the number before {number}",
        "what number comes before {number}",
        "count one down from {number}",
        "give the number just below the one shown",
        "take one away from the given number",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return (str(int(slots["number"]) - 1),)


class Double(OneNumber, kind="numbers"):
    cores = (
        "double the number {number}",
        "what is two times {number}",
        "work out twice {number}",
        "double the number below",
        "multiply the given number by two",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"number": str(rng.randint(2, 50))}

    def answers(self, slots: Slots) -> Sequence[str]:
        return (str(2 * int(slots["number"])),)


class EvenOrOdd(OneNumber, kind="numbers"):
    cores = (
        "say whether {number} is even or odd",
        "which is {number}, even or odd",
        "decide if {number} is an even number or an odd one",
        "tell whether the number below is odd or even",
        "label the given number as even or odd",
    )

    def answers(self, slots: Slots) -> Sequence[str]:
        return ("odd" if int(slots["number"]) % 2 else "even",)


class WordsToDigits(Lookup, kind="numbers"):
    slot = "spelled"
    input = "{spelled}"
    table = {number_word(value): str(value) for value in range(1, 100)}
    cores = (
        "write {spelled} in digits",
        "what are the digits of {spelled}",
        "turn the word {spelled} into a number",
        "write the number below in digits",
        "convert the given number word to digits",
    )


class DigitsToWords(Lookup, kind="numbers"):
    slot = "number"
    input = "{number}"
    table = {str(value): number_word(value) for value in range(1, 100)}
    cores = (
        "spell out the number {number}",
        "how do you write {number} in words",
        "turn the digits {number} into words",
        "write the number below in words",
        "spell out the given number in letters",
    )
