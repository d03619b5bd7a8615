"""Questions of a type about a topic: which prompt asks for which, and what a text gives (arXiv 2305.03047)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from scripts.lib.rows.held_out import HELD_OUT
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.reasons import Reason
from scripts.self_align.prompts import Question
from scripts.self_align.topics import read_topics

MARK = "instruction:"
"""What stands before the instruction of a line."""

LAST_QUESTION = Reason(
    "last_question",
    "the last line of a text that was cut off at the token limit, or, with keep_last: never, of any text",
    "raise questions.max_tokens, so that more questions of a text are whole, and where questions.keep_last is never, "
    "which drops a line of each text, set it to if_complete",
)
UNEXPECTED_LINE = Reason(
    "unexpected_line",
    "a line that begins with none of the numbers, types and topics that were asked for",
    "lower questions.temperature, or raise questions.examples, or take a larger model, which keeps the form",
)
NO_INSTRUCTION = Reason(
    "no_instruction",
    "a line without an instruction behind its type and topic",
    "lower questions.temperature, or raise questions.examples, or take a larger model, which keeps the form",
)
ASKED_ALREADY = Reason(
    "asked_already",
    "there is a question of this type about this topic before it",
    "leave it so: each type and topic gets one question",
)
NOT_WRITTEN = Reason(
    "not_written",
    "a topic that the model was asked a question about, and wrote no line for",
    "raise questions.max_tokens, or lower questions.wanted: the text ends before the last topics have their turn",
)

REASONS = (LAST_QUESTION, UNEXPECTED_LINE, NO_INSTRUCTION, ASKED_ALREADY, HELD_OUT, NOT_WRITTEN)
"""All, in the order in which they are looked for."""


@dataclass(frozen=True)
class Line:
    """A line of a text: its number, from 1, what it says, which wanted question it is for, and why it has none."""

    number: int
    text: str
    wanted: int | None
    instruction: str
    reason: Reason | None


def question_request(number: int) -> str:
    """Return the id of the request with this number."""
    return f"questions-{number:06d}"


def asked_together(topics: Path, wanted: int) -> Iterator[list[Row]]:
    """Yield the topics of a file as prompts ask about them: so many in a prompt, and the rest in the last."""
    rows = read_topics(topics)
    while together := list(islice(rows, wanted)):
        yield together


def stops(keep_last: str, lines: int) -> tuple[str, ...]:
    """Return where a text may stop: behind the last of so many lines, unless the last line is always dropped."""
    return () if keep_last == "never" else (f"\n{lines + 1}. type:",)


def parse_questions(text: str, wanted: Sequence[Question], first: int, *, cut_off: bool) -> Iterator[Line]:
    """Yield the lines of a text whose prompt ends in the line of the first wanted question, before its instruction.

    `first` is that line's number. A line must begin with the hint of a wanted question; the instruction is what stands
    behind the last mark in it. `cut_off`: the last line may lack its end, and is not used. Blank lines are no lines.
    """
    hints = [f"{question.hint(number)}," for number, question in enumerate(wanted, start=first)]
    lines = [line.strip() for line in f"{hints[0]} {MARK}{text}".splitlines() if line.strip()]
    for number, line in enumerate(lines, start=1):
        place = next((place for place, hint in enumerate(hints) if line.startswith(hint)), None)
        _, mark, instruction = line.rpartition(MARK)
        instruction = instruction.strip() if mark else ""
        faults = {
            LAST_QUESTION: cut_off and number == len(lines),
            UNEXPECTED_LINE: place is None,
            NO_INSTRUCTION: not instruction,
        }
        reason = next((reason for reason, applies in faults.items() if applies), None)
        yield Line(number, line, place, instruction, reason)
