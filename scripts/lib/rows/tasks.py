"""A task is an instruction and its input: how the two are one text, and when two tasks are the same."""

from typing import Literal

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row

Join = Literal["newline", "space", "nothing"]
BETWEEN: dict[Join, str] = {"newline": "\n", "space": " ", "nothing": ""}
"""What can stand between instruction and input. I-SHEEP's published code has nothing to answer, a space to assess, and
a newline to train. (Perplexities are of texts joined as published: scripts.lib.rows.measures.)"""


class NoTask(UserError):
    """A row in which nobody asks anything: no seed, and no prompt."""


def join(instruction: str, task_input: str, by: Join = "newline") -> str:
    """Return instruction and input as one text, or the instruction alone where the input is blank."""
    return f"{instruction}{BETWEEN[by]}{task_input}" if task_input.strip() else instruction


def same_task(row: Row) -> str:
    """Return what two equal tasks have in common: instruction and input, whatever their case and spaces."""
    return " ".join(join(row["instruction"], row["input"]).casefold().split())
