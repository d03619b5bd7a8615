"""Replies to a query with a constraint as people write them: some heed the constraint, most answer right."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.tiny_world.constraints.kind import Constraint, Kind
from scripts.tiny_world.constraints.kinds import KINDS
from scripts.tiny_world.constraints.kinds.counts import framed
from scripts.tiny_world.constraints.reading import draw_constraint
from scripts.tiny_world.replies import habits, wrong_answer
from scripts.tiny_world.world import Task

TRIES = 12
SPREAD = 1.2
"""How far people's habits with a kind of constraint, or of task, lie from the mean, in logits."""
UNTRAINED = 0.7
"""How often even somebody who usually errs with a kind of task gets it right."""


@dataclass(frozen=True)
class ConstrainedReply:
    """A reply, and whether its answer is right."""

    text: str
    right: bool


def heeded(kind: Kind, family: str, mean: float) -> float:
    """Return how often a kind of constraint is heeded with a family of tasks, of a mean in logits."""
    of_kind = random.Random(f"habits of constraint {kind.name}").uniform(-SPREAD, SPREAD)
    of_family = random.Random(f"habits of constraints on {family}").uniform(-SPREAD, SPREAD)
    return 1 / (1 + math.exp(-mean - of_kind - of_family))


def reply_to(task: Task, constraint: Constraint, rng: random.Random, mean: float) -> ConstrainedReply:
    """Return a reply that heeds the constraint as often as people do."""
    careful = UNTRAINED + (1 - UNTRAINED) * habits(task.family.name).careful
    right = rng.random() < careful
    answer = rng.choice(task.answers) if right else wrong_answer(task, rng)
    heeds = rng.random() < heeded(constraint.kind, task.family.name, mean)
    return ConstrainedReply(constraint.follow(answer, rng) if heeds else violating(answer, constraint, rng), right)


def violating(answer: str, constraint: Constraint, rng: random.Random, kinds: Sequence[Kind] = KINDS) -> str:
    """Return a text with the answer that does not follow the constraint, mostly as if nobody had asked for a form.

    If none is found in a few tries, the text is the answer alone.
    """
    near = constraint.kind.near(constraint.value)
    for _ in range(TRIES):
        roll = rng.random()
        if roll < 0.55:
            text = answer
        elif roll < 0.7:
            text = framed(answer, len(answer.split()) + rng.randint(1, 6), rng)
        elif roll < 0.85 and near:
            text = rng.choice(near).follow(answer, rng)
        else:
            text = draw_constraint(rng, kinds).follow(answer, rng)
        if not constraint.holds(text):
            return text
    return answer
