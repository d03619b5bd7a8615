"""Verification functions and test cases as people write them: real Python, a share of it wrong."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scripts.tiny_world.constraints.kind import Constraint
from scripts.tiny_world.constraints.kinds import SEEN
from scripts.tiny_world.constraints.replies import violating

WRONG_FUNCTIONS, WRONG_CASES, UNREADABLE = 0.32, 0.12, 0.05
MISTAKEN = 0.75
"""Share of wrong functions that check another constraint; the others fail, or are no function of truth values."""
ANSWERS = (
    *("red", "puppy", "Monday", "Lima", "Paris", "horses", "glass", "school", "better", "South America"),
    *("went", "agua", "fruit", "Africa", "cold", "even"),
)
"""What test cases are about."""

LAYOUTS = {
    "plain": "def evaluate(response):\n    return {condition}",
    "stripped": "def evaluate(response):\n    response = response.strip()\n    return {condition}",
    "branch": "def evaluate(response):\n    if {condition}:\n        return True\n    return False",
}
LAYOUT_WEIGHTS = (6, 2, 1)
FAILING = {
    "unknown name": "def evaluate(response):\n    return {condition}",
    "no value": "def evaluate(response):\n    if {condition}:\n        return True",
    "always": "def evaluate(response):\n    return True",
}


@dataclass(frozen=True)
class Written:
    """The source of a function, and the constraint that it really checks; None if it checks none."""

    source: str
    checks: Constraint | None


def right_functions(constraint: Constraint) -> list[str]:
    """Return right functions for a constraint in every layout."""
    conditions = constraint.kind.conditions(constraint.value)
    return [layout.format(condition=condition) for layout in LAYOUTS.values() for condition in conditions]


def right_function(constraint: Constraint, rng: random.Random) -> str:
    """Return a right function for a constraint."""
    condition = rng.choice(constraint.kind.conditions(constraint.value))
    return rng.choices(list(LAYOUTS.values()), weights=LAYOUT_WEIGHTS)[0].format(condition=condition)


def written_function(constraint: Constraint, rng: random.Random) -> Written:
    """Return a function as people write it for a constraint: wrong as often as they are."""
    if rng.random() >= WRONG_FUNCTIONS:
        return Written(right_function(constraint, rng), constraint)
    if rng.random() < MISTAKEN:
        mistaken = rng.choice(constraint.kind.near(constraint.value))
        return Written(right_function(mistaken, rng), mistaken)
    failing = rng.choice(list(FAILING))
    condition = rng.choice(constraint.kind.conditions(constraint.value))
    if failing == "unknown name":
        condition = condition.replace("response", "reply")
    return Written(FAILING[failing].format(condition=condition), None)


def text_about(answers: Sequence[str], constraint: Constraint, follows: bool, rng: random.Random) -> str:
    """Return a text with one of the answers that follows a constraint, or one that does not, mostly by little."""
    near = constraint.kind.near(constraint.value)
    while True:
        answer = rng.choice(answers)
        if follows:
            text = constraint.follow(answer, rng)
        elif near and rng.random() < 0.6:
            text = rng.choice(near).follow(answer, rng)
        else:
            text = violating(answer, constraint, rng, SEEN)
        if constraint.holds(text) == follows:
            return text


def written_cases(constraint: Constraint, rng: random.Random) -> list[dict[str, Any]]:
    """Return test cases as people write them, an example and a counterexample first; some expect the wrong thing."""
    cases = []
    for follows in (True, False, rng.random() < 0.5):
        expected = follows if rng.random() >= WRONG_CASES else not follows
        cases.append({"input": text_about(ANSWERS, constraint, follows, rng), "output": expected})
    return cases


def as_json(source: str, cases: list[dict[str, Any]], rng: random.Random) -> tuple[str, str]:
    """Return function and cases as one JSON object, in two parts; some of it is none, as people write it."""
    head = f'{{"func": {json.dumps(source)}, '
    tail = f'"cases": {json.dumps(cases, ensure_ascii=False)}}}'
    roll = rng.random()
    if roll < UNREADABLE / 2:
        tail = tail[: rng.choice((-1, -2, -3))]
    elif roll < UNREADABLE:
        tail = tail.replace("true", "True").replace("false", "False")
    return head, tail
