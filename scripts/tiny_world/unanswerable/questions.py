"""Questions without an answer as they are asked by type and topic."""

import random

from scripts.self_align.prompts import Question
from scripts.tiny_world.unanswerable import UNANSWERABLE
from scripts.tiny_world.unanswerable.family import Unanswerable
from scripts.tiny_world.world import draw_task

ASKED_BY_TYPE = tuple(family for family in UNANSWERABLE if family.topic)
"""The families with a type of questions."""


def draw_question(rng: random.Random, family: Unanswerable) -> Question:
    """Draw a task of a family, all of whose words stand in it, as a question about the one that is its topic."""
    task = draw_task(rng, family)
    while task.input:
        task = draw_task(rng, family)
    return Question(family.question_type, capitalized(task.slots[family.topic]), task.instruction)


def draw_topic(rng: random.Random, family: Unanswerable) -> str:
    """Draw a topic of a family's type of questions."""
    return capitalized(family.draw(rng)[family.topic])


def capitalized(topic: str) -> str:
    """Return a word or name as topics are written."""
    return topic[0].upper() + topic[1:]
