"""From the text that a model wrote to numbered tasks, split as in I-SHEEP's published code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.lib.rows.reasons import Reason
from scripts.lib.self_instruct.prompts import NO_INPUT
from scripts.lib.self_instruct.reasons import LAST_PIECE, MALFORMED

SEPARATOR = "###"


@dataclass(frozen=True)
class Entry:
    """One task of a list; `input` is empty where the text says <noinput>."""

    number: int
    instruction: str
    input: str


@dataclass(frozen=True)
class Malformed:
    """A piece of text that gave no task, and why."""

    number: int
    reason: Reason
    text: str


def parse_tasks(
    text: str, first: int, *, finish_reason: str = "length", keep_last_if_complete: bool = False
) -> Iterator[Entry | Malformed]:
    """Yield the tasks in a completion whose prompt ends in "{first}. Instruction:", in order.

    Pieces are separated by ###; the k-th must have an instruction and an input under its own number.
    The last piece may have been cut off: as published it is never used; with `keep_last_if_complete`
    it is, if the model stopped by itself (finish_reason "stop"). A blank last piece is no piece.
    """
    pieces = f"{first}. Instruction:{text}".split(SEPARATOR)
    if not pieces[-1].strip():
        pieces.pop()
        last_is_used = True
    else:
        last_is_used = keep_last_if_complete and finish_reason == "stop"
    for number, piece in enumerate(pieces, start=first):
        if number == first + len(pieces) - 1 and not last_is_used:
            yield Malformed(number, LAST_PIECE, piece)
        else:
            yield _parse_piece(piece, number)


def _parse_piece(piece: str, number: int) -> Entry | Malformed:
    parts = re.split(rf"{number}\.\s+(Instruction|Input):", piece)
    if len(parts) != 5:
        return Malformed(number, MALFORMED, piece)
    instruction, task_input = parts[2].strip(), parts[4].strip()
    return Entry(number, instruction, "" if task_input.lower() == NO_INPUT else task_input)
