"""Tasks of the world: drawing them, and telling the held-out ones from the others."""

import random
from dataclasses import dataclass

from scripts.lib.rows.hashing import fingerprint
from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.family import Family, Slots
from scripts.tiny_world.phrasing import Style, draw_style, wrap

HELD_OUT_ONE_IN = 16
"""One in so many instances of every family is held out, told by the hash of its words."""

INPUT_SHARE = 0.4
"""Share of tasks whose words stand in the input rather than in the instruction."""


@dataclass(frozen=True)
class Task:
    """One task with all its right answers, in the form that it asks for."""

    family: Family
    slots: Slots
    style: Style
    instruction: str
    input: str

    @property
    def answers(self) -> tuple[str, ...]:
        """Every right answer, the usual one first."""
        return tuple(self.style.apply(answer) for answer in self.family.answers(self.slots))


def is_held_out(instruction: str, task_input: str) -> bool:
    """Return whether a task belongs to the held-out ones: by its text alone, so anyone can tell."""
    normal = " ".join(f"{instruction}\n{task_input}".lower().split())
    return int(fingerprint(normal), 16) % HELD_OUT_ONE_IN == 0


def draw_task(rng: random.Random, family: Family | None = None, held_out: bool = False) -> Task:
    """Draw a task, of a given family if one is given; a held-out one only if that is asked for."""
    while True:
        task = _draw_any(rng, family or rng.choice(FAMILIES))
        if is_held_out(task.instruction, task.input) != held_out:
            continue
        # The rule filter of I-SHEEP's published code rejects an input that stands in the instruction already.
        if not task.input or task.input not in task.instruction:
            return task


def _draw_any(rng: random.Random, family: Family) -> Task:
    slots = family.draw(rng)
    style = draw_style(rng)
    with_input = rng.random() < INPUT_SHARE
    fitting = [core for core in family.cores if _needs_input(family, core) == with_input]
    core = rng.choice(fitting or family.cores)
    return Task(
        family=family,
        slots=slots,
        style=style,
        instruction=wrap(core.format(**slots), style, rng),
        input=family.input.format(**slots) if _needs_input(family, core) else "",
    )


def _needs_input(family: Family, core: str) -> bool:
    if not family.input:
        return False
    first_slot = family.input[family.input.index("{") :].split("}")[0] + "}"
    return first_slot not in core
