"""Instructions that a program can check: seeds written by hand, and what a model's list of new ones gives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows
from scripts.lib.rows.novelty import TOO_SIMILAR
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.strict_json import shown

FEWEST_WORDS, MOST_WORDS = 2, 50

NO_BULLET = Reason(
    "no_bullet",
    "a line of the text that is no item of the list: it begins with neither - nor * nor a number",
    "have the prompt ask for items that begin with - and nothing else, or take a larger model, which keeps the form",
)
CUT_OFF_ITEM = Reason(
    "cut_off_item",
    "the last item of a text that was cut off at the token limit",
    "raise instructions.max_tokens, so that more items of a text are whole, or lower instructions.wanted",
)
TOO_FEW_WORDS = Reason(
    "too_few_words",
    f"the instruction has fewer than {FEWEST_WORDS} words",
    "give seeds that are whole sentences: the model writes what it is shown",
)
TOO_MANY_WORDS = Reason(
    "too_many_words",
    f"the instruction has more than {MOST_WORDS} words",
    "give seeds that ask for one thing alone: the model writes what it is shown",
)
BEYOND_MOST = Reason(
    "beyond_most",
    "a good instruction more than instructions.most allows",
    "raise instructions.most to use it, or set it to null",
)
REASONS = (NO_BULLET, CUT_OFF_ITEM, TOO_FEW_WORDS, TOO_MANY_WORDS, TOO_SIMILAR, BEYOND_MOST)
"""All, in the order in which they are looked for."""

_BULLET = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+(.*)")
_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("«", "»"), ("`", "`"), ("**", "**"))


@dataclass(frozen=True)
class Item:
    """A line of a list: its place in the text, from 1, what it says, and why that is no instruction, if it is none."""

    number: int
    instruction: str
    reason: Reason | None


def read_instructions(path: Path) -> Iterator[Row]:
    """Yield rows with an instruction.

    Raises UserError naming the row whose instruction is no line of text, and for a file without rows.
    """
    found = False
    for place, row in placed_rows(path):
        check_texts(row, place, "instruction")
        text = row["instruction"]
        if not text.strip() or len(text.splitlines()) > 1:
            raise UserError(f"{place} (id {row['id']!r}): 'instruction' must be a line of text, but is {shown(text)}")
        found = True
        yield row
    if not found:
        raise UserError(f"{path}: there are no instructions in this file; give rows with an instruction each")


def instructions_request(round_number: int, number: int) -> str:
    """Return the id of a request for instructions: its round, and its number in it."""
    return f"instructions-r{round_number}-{number:06d}"


def parse_instructions(text: str, *, cut_off: bool) -> Iterator[Item]:
    """Yield the lines of a list that are not blank, each with its instruction or with why it has none.

    Marks at the beginning of an item, and quotes around all of it, are taken off. `cut_off`: the last line may lack its
    end, and is not used.
    """
    lines = text.rstrip().splitlines()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            match = _BULLET.fullmatch(line)
            said = unquoted(match[1] if match else line)
            is_last = cut_off and number == len(lines)
            yield Item(number, said, _fault(said, is_item=match is not None, is_last=is_last))


def unquoted(text: str) -> str:
    """Return a text without white space around it, and without quotes or bold type that all of it stands in."""
    text = text.strip()
    for first, last in _QUOTES:
        inner = text.removeprefix(first).removesuffix(last)
        if text == f"{first}{inner}{last}" and first not in inner and last not in inner:
            text = inner.strip()
    return text


def _fault(said: str, *, is_item: bool, is_last: bool) -> Reason | None:
    words = len(said.split())
    faults = {
        NO_BULLET: not is_item,
        CUT_OFF_ITEM: is_last,
        TOO_FEW_WORDS: words < FEWEST_WORDS,
        TOO_MANY_WORDS: words > MOST_WORDS,
    }
    return next((reason for reason, applies in faults.items() if applies), None)
