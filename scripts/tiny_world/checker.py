"""The checker: is an answer to a task of this world right? A program, never a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.family import Reading, read_task
from scripts.tiny_world.phrasing import find_style

__all__ = ["FAMILIES", "Grade", "grade", "right_answers"]


@dataclass(frozen=True)
class Grade:
    """Whether an output is right as a whole, and whether its first line is."""

    strict: bool
    first_line: bool


def grade(instruction: str, task_input: str, output: str) -> Grade | None:
    """Return the grade of an output; None if the instruction is none of this world's.

    Right means equal to a right answer in the form asked for, letter by letter; white space around
    it does not count. A reply that runs on after the right answer is right in its first line only.
    """
    answers = right_answers(instruction, task_input)
    if answers is None:
        return None
    whole = output.strip()
    return Grade(strict=whole in answers, first_line=whole.split("\n", 1)[0].strip() in answers)


def right_answers(instruction: str, task_input: str) -> Sequence[str] | None:
    """Return every right answer to a task, also to one that a model made up; None if it has none."""
    reading, style = read_task(instruction, task_input), find_style(instruction)
    if reading is None or style is None:
        return None
    answers = _plain_answers(reading)
    return None if answers is None else [style.apply(answer) for answer in answers]


def _plain_answers(reading: Reading) -> Sequence[str] | None:
    try:
        return reading.family.answers(reading.slots)
    except (KeyError, ValueError, IndexError):
        return None
