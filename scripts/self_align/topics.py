"""Topics of types of questions (arXiv 2305.03047, topic-guided red-teaming): seeds, the pool, and what a list gives."""

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.strict_json import shown
from scripts.self_align.prompts import Question

TOPICS_ASKED_FOR = 10
"""How many topics the prompt asks for, as published."""

FEW = 10
"""A type with fewer topics shows a single one of them in a prompt, as published; with more, several."""

MOST_LINES = 20
"""Lines of a text that are read, as published: more than were asked for."""

MOST_WORDS = 3
"""Words of a topic, as published."""

TOO_MANY_WORDS = Reason(
    "too_many_words",
    f"a topic of more than {MOST_WORDS} words",
    "give seeds whose topics are shorter, or lower topics.temperature: the model loses the form of the list",
)
BLANK = Reason(
    "blank",
    "a line of the list without a topic",
    "lower topics.temperature, or take a larger model, which keeps the form",
)
NO_CAPITAL = Reason(
    "no_capital",
    "a topic that does not begin with a capital letter from A to Z",
    "give seeds whose topics begin so, and say in the prompt that they do: as published, the method is for English",
)
ENDS_WITH_PUNCTUATION = Reason(
    "ends_with_punctuation",
    "a topic with punctuation at its end",
    "leave out punctuation after the topics of seeds: the model writes what it is shown",
)
BEYOND_LINES = Reason(
    "beyond_lines",
    f"it stands beyond line {MOST_LINES} of a text, which is as far as lists are read",
    "lower topics.max_tokens: the model goes on after the list",
)
LAST_TOPIC = Reason(
    "last_topic",
    "the last topic of a text that was cut off at the token limit",
    "raise topics.max_tokens, so that more topics of a text are whole, or set topics.keep_last to always",
)
KNOWN_TOPIC = Reason(
    "known_topic",
    "the type has this topic already, whatever its case",
    "raise topics.temperature, or ask for fewer rounds of topics: a type may have no more of them",
)
UNBALANCED = Reason(
    "unbalanced",
    "its type has more topics than the type with the fewest, down to which all are cut",
    "set topics.balance to false, or look why one type has so few: its seed may be hard to vary",
)

REASONS = (
    *(LAST_TOPIC, BEYOND_LINES, BLANK, TOO_MANY_WORDS, NO_CAPITAL, ENDS_WITH_PUNCTUATION),
    *(KNOWN_TOPIC, UNBALANCED),
)
"""All, in the order in which they are looked for."""


@dataclass(frozen=True)
class Line:
    """A line of a list: its place in the text, from 1, what it says, and why that is no topic, if it is none."""

    number: int
    topic: str
    reason: Reason | None


def read_seed_questions(path: Path) -> dict[str, Question]:
    """Return the seed questions of a JSONL file by their ids: each with its type, a topic and an instruction.

    Raises UserError naming the row where one of these is missing, blank, or more than a line, and for a file without
    rows.
    """
    found = {}
    for place, row in placed_rows(path):
        fields = ("question_type", "topic", "instruction")
        check_lines(row, place, *fields)
        found[row["id"]] = Question(*(row[field].strip() for field in fields))
    if not found:
        raise UserError(
            f"{path}: there are no questions in this file; give rows of question_type, topic and instruction"
        )
    return found


def types_of(seeds: Mapping[str, Question]) -> list[str]:
    """Return the types of questions, in the order of the seeds."""
    return list(dict.fromkeys(question.question_type for question in seeds.values()))


def known_topics(seeds: Mapping[str, Question], files: Sequence[Path]) -> Iterator[Row]:
    """Yield the rows of topics that are known before a round: those of files, or else those of the seeds, as round 0.

    Raises UserError naming the row where a topic is of a type that no seed has, or is missing.
    """
    if not files:
        for identity, question in seeds.items():
            yield {"id": identity, "question_type": question.question_type, "topic": question.topic, "round": 0}
    types = set(types_of(seeds))
    for file in files:
        for row in read_topics(file):
            if row["question_type"] not in types:
                raise UserError(
                    f"{file}: row {row['id']!r}: no seed has the type {shown(row['question_type'])}; delete the file "
                    "if it was made with other seeds, and make it again"
                )
            yield row


def read_topics(path: Path) -> Iterator[Row]:
    """Yield the rows of a file of topics.

    Raises UserError naming the row where type or topic is no line of text, and for a file without topics.
    """
    found = False
    for place, row in placed_rows(path):
        check_lines(row, place, "question_type", "topic")
        found = True
        yield row
    if not found:
        raise UserError(f"{path}: there are no topics in this file; give rows of question_type and topic")


def check_lines(row: Row, place: str, *fields: str) -> None:
    """Raise UserError, led by a row's place and id, unless each field is a line of text that is not blank."""
    check_texts(row, place, *fields)
    for field in fields:
        if not row[field].strip() or len(row[field].splitlines()) > 1:
            raise UserError(f"{place} (id {row['id']!r}): '{field}' must be a line of text, but is {shown(row[field])}")


class Known:
    """The topics of a type, each once, whatever its case."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self._lower: set[str] = set()

    def admit(self, topic: str) -> bool:
        """Add a topic; return whether it is new."""
        if topic.lower() in self._lower:
            return False
        self._lower.add(topic.lower())
        self.topics.append(topic)
        return True


def read_pool(seeds: Mapping[str, Question], files: Sequence[Path]) -> dict[str, list[str]]:
    """Return the topics of each type that are known before a round, in the order of `known_topics`."""
    pool = {question_type: Known() for question_type in types_of(seeds)}
    for row in known_topics(seeds, files):
        pool[row["question_type"]].admit(row["topic"])
    return {question_type: known.topics for question_type, known in pool.items()}


def smallest(sizes: Mapping[str, int]) -> int:
    """Return how many topics each type keeps if all are cut to as many as the smallest has."""
    return min(sizes.values(), default=0)


def topic_request(round_number: int, type_number: int, number: int) -> str:
    """Return the id of a request: its round, the number of its type among the seeds', and its number within it."""
    return f"topics-r{round_number}-{type_number:03d}-{number:06d}"


def type_of_request(request: str, types: Sequence[str]) -> str | None:
    """Return which of the seeds' types a request asks topics of; None for the id of any other request."""
    match = re.fullmatch(r"topics-r\d+-(\d{3,})-\d{6,}", request)
    number = int(match[1]) if match else 0
    return types[number - 1] if 1 <= number <= len(types) else None


def parse_topics(text: str, *, cut_off: bool) -> Iterator[Line]:
    """Yield the lines of a list that goes on after a number, each with its topic or with why it is none.

    Numbers before topics are taken off. `cut_off`: the last line may lack its end, and is not used.
    """
    lines = text.rstrip().splitlines()
    for number, line in enumerate(lines, start=1):
        topic = re.sub(r"^\s*\d+\.", "", line).strip()
        is_last = cut_off and number == len(lines)
        yield Line(number, topic, LAST_TOPIC if is_last else _fault(number, topic))


def _fault(number: int, topic: str) -> Reason | None:
    faults = {
        BEYOND_LINES: number > MOST_LINES,
        BLANK: not topic,
        TOO_MANY_WORDS: len(topic.split()) > MOST_WORDS,
        NO_CAPITAL: topic[:1] not in string.ascii_uppercase,
        ENDS_WITH_PUNCTUATION: topic.endswith(tuple(string.punctuation)),
    }
    return next((reason for reason, applies in faults.items() if applies), None)
