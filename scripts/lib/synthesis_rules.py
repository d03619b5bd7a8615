"""From the text a model wrote to numbered tasks, and the named rules that reject a task (spec A3)."""

import re
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scripts.lib.prompting import NO_INPUT

SEPARATOR = "###"
FEWEST_WORDS, MOST_WORDS = 4, 150

_BLACKLIST = re.compile(
    r"(?i)\b(?:images?|graphs?|pictures?|files?|maps?|draw|plot|go to|video|audio|music|flowchart|diagram)\b"
)
"""What a text model cannot do, look at, or hand over."""
_NESTED_IN_INSTRUCTION = re.compile(r".\s+(?:Instruction|Input):")
_NESTED_IN_INPUT = re.compile(r".\s+(?:Instruction|Input|Output):")
_LINK = re.compile(r"https?:")


@dataclass(frozen=True)
class Entry:
    """One task of a list; `input` is empty where the text says <noinput>."""

    number: int
    instruction: str
    input: str


@dataclass(frozen=True)
class Malformed:
    """A piece of text that gave no task: `reason` is "malformed" or "last_piece"."""

    number: int
    reason: str
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
            yield Malformed(number, "last_piece", piece)
        else:
            yield _parse_piece(piece, number)


def _parse_piece(piece: str, number: int) -> Entry | Malformed:
    parts = re.split(rf"{number}\.\s+(Instruction|Input):", piece)
    if len(parts) != 5:
        return Malformed(number, "malformed", piece)
    instruction, task_input = parts[2].strip(), parts[4].strip()
    return Entry(number, instruction, "" if task_input.lower() == NO_INPUT else task_input)


def first_failing_rule(instruction: str, task_input: str, rules: Sequence[str] | None = None) -> str | None:
    """Return the name of the first rule, in the published order, that rejects the task; None if none does.

    `rules` names those that count; all of RULES unless given.
    """
    for name, fails in RULES.items():
        if (rules is None or name in rules) and fails(instruction, task_input):
            return name
    return None


def _words(instruction: str) -> int:
    return len(instruction.split())


RULES: dict[str, Callable[[str, str], bool]] = {
    "instruction_too_short": lambda instruction, _: _words(instruction) < FEWEST_WORDS,
    "instruction_too_long": lambda instruction, _: _words(instruction) > MOST_WORDS,
    "blacklisted_word": lambda instruction, given: bool(_BLACKLIST.search(instruction) or _BLACKLIST.search(given)),
    "starts_with_punctuation": lambda instruction, _: instruction.startswith(tuple(string.punctuation)),
    "starts_non_ascii": lambda instruction, _: not instruction[:1].isascii(),
    "noinput_marker": lambda instruction, given: (
        "noinput" in instruction or "noinput" in given.lower() or "no input" in given.lower()
    ),
    "nested_marker": lambda instruction, given: bool(
        _NESTED_IN_INSTRUCTION.search(instruction) or _NESTED_IN_INPUT.search(given)
    ),
    "link": lambda instruction, given: bool(_LINK.search(instruction) or _LINK.search(given)),
}
"""Every rule by name, in the published order: does it reject this instruction and input?"""
