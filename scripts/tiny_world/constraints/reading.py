"""Constraints drawn, and read back from words."""

import random
import re
from collections.abc import Sequence

from scripts.tiny_world.constraints.kind import Constraint, Kind
from scripts.tiny_world.constraints.kinds import KINDS


def draw_constraint(rng: random.Random, kinds: Sequence[Kind] = KINDS) -> Constraint:
    """Draw a constraint of one of the kinds."""
    kind = rng.choice(kinds)
    return Constraint(kind, rng.choice(kind.drawn))


def read_constraint(text: str) -> Constraint | None:
    """Return the constraint that a sentence is, with or without its end mark; None if it is none of this world's."""
    text = " ".join(text.split()).removesuffix(".")
    phrase = text[:1].lower() + text[1:]
    for kind in KINDS:
        value = kind.read(phrase)
        if value is not None:
            return Constraint(kind, value)
    return None


def split_task(instruction: str) -> tuple[str, Constraint] | None:
    """Return query and constraint of what scripts.autoif.joining joined; None if it does not end with a constraint."""
    *query, last = sentences(instruction)
    constraint = read_constraint(last)
    return None if constraint is None or not query else (" ".join(query), constraint)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text of this world."""
    return re.split(r"(?<=[.?!]) ", text.strip())
