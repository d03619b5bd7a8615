"""Tasks about what only the one who asks can know, and about what nobody knows yet."""

import random

from scripts.tiny_world.family import Slots
from scripts.tiny_world.unanswerable.family import Unanswerable
from scripts.tiny_world.words import COLOURS, DAYS, GROUPS, PEOPLE, THINGS


class ColourOfMine(Unanswerable, kind="personal"):
    topic = "word"
    question_type = "colours of my things"
    cores = (
        "name the colour of my {word}",
        "what colour is my {word}",
        "say in which colour I painted my {word}",
        "tell me the colour that my old {word} had",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice((*THINGS[:60], *GROUPS["garment"], *GROUPS["vehicle"]))}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(list(COLOURS.values()))


class GiverOfMine(Unanswerable, kind="personal"):
    topic = "word"
    question_type = "people who gave me things"
    cores = (
        "name the person who gave me my {word}",
        "who gave me the {word} that I have at home",
        "say who sold me my {word}",
        "tell me which friend has my {word} now",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice((*THINGS[:60], *GROUPS["tool"], *GROUPS["instrument"]))}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(PEOPLE)


class MealOfMine(Unanswerable, kind="personal"):
    topic = "name"
    question_type = "what I ate on a day"
    cores = (
        "name the fruit that I ate on {name}",
        "what did I eat last {name}",
        "say what I had for lunch on {name}",
        "tell me what I drank on {name} morning",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"name": rng.choice(DAYS)}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice((*GROUPS["fruit"], *GROUPS["vegetable"], *GROUPS["drink"]))


class NextWinner(Unanswerable, kind="future"):
    topic = "word"
    question_type = "winners of next year"
    cores = (
        "name the one who will win at {word} next year",
        "who will be the best at {word} next summer",
        "say who is going to win the next big day of {word}",
        "tell me who will lose at {word} tomorrow",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice((*GROUPS["sport"], *GROUPS["instrument"]))}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return rng.choice(PEOPLE)


class NextPrice(Unanswerable, kind="future"):
    topic = "word"
    question_type = "prices of next year"
    cores = (
        "say what a {word} will cost next year",
        "how much will people pay for a {word} next summer",
        "name the price of a {word} in ten years",
        "tell me how many dollars a {word} will cost tomorrow",
    )

    def draw(self, rng: random.Random) -> Slots:
        return {"word": rng.choice((*THINGS[:60], *GROUPS["garment"], *GROUPS["vehicle"], *GROUPS["fruit"]))}

    def made_up(self, slots: Slots, rng: random.Random) -> str:
        return f"${rng.randint(2, 98)}.00"
