"""The named rules that reject a generated task: those of I-SHEEP's published code, in its order."""

import re
import string

from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.rules import Finding, Rule, pattern_rule

FEWEST_WORDS, MOST_WORDS = 4, 150

_COOLER = "lower synthesis.temperature: the model loses the form of the examples"

_BLACKLIST = r"(?i)\b(?:images?|graphs?|pictures?|files?|maps?|draw|plot|go to|video|audio|music|flowchart|diagram)\b"


def _too_short(row: Row) -> Finding | None:
    return {} if len(row["instruction"].split()) < FEWEST_WORDS else None


def _too_long(row: Row) -> Finding | None:
    return {} if len(row["instruction"].split()) > MOST_WORDS else None


def _starts_with_punctuation(row: Row) -> Finding | None:
    return {} if row["instruction"].startswith(tuple(string.punctuation)) else None


def _starts_non_ascii(row: Row) -> Finding | None:
    return {} if not row["instruction"][:1].isascii() else None


def _noinput_marker(row: Row) -> Finding | None:
    given = row["input"].lower()
    return {} if "noinput" in row["instruction"] or "noinput" in given or "no input" in given else None


def _nested_marker(row: Row) -> Finding | None:
    patterns = {"instruction": r".\s+(?:Instruction|Input):", "input": r".\s+(?:Instruction|Input|Output):"}
    for field, pattern in patterns.items():
        if match := re.search(pattern, row[field]):
            return {"field": field, "match": match[0]}
    return None


RULES = (
    Rule(
        "instruction_too_short",
        f"the instruction has fewer than {FEWEST_WORDS} words",
        "give seeds whose instructions are whole sentences: the model writes what it is shown",
        _too_short,
    ),
    Rule(
        "instruction_too_long",
        f"the instruction has more than {MOST_WORDS} words",
        "give seeds with shorter instructions, and the long part as input",
        _too_long,
    ),
    pattern_rule(
        "blacklisted_word",
        "it names what a text model cannot do, look at, or hand over",
        "leave out seeds about pictures, files and the like: the model writes what it is shown",
        _BLACKLIST,
        *("instruction", "input"),
    ),
    Rule(
        "starts_with_punctuation",
        "the instruction starts with punctuation",
        "leave out seeds that start so, or lower synthesis.temperature",
        _starts_with_punctuation,
    ),
    Rule(
        "starts_non_ascii",
        "the instruction starts with a character that is not ASCII",
        "give seeds that start with a letter from A to Z: as published, the method is for English",
        _starts_non_ascii,
    ),
    Rule("noinput_marker", "the marker of a missing input stands where content should", _COOLER, _noinput_marker),
    Rule("nested_marker", "another task has run into this one", _COOLER, _nested_marker),
    pattern_rule(
        "link",
        "it holds a link",
        "leave out seeds with links: the model writes what it is shown",
        r"https?:",
        *("instruction", "input"),
    ),
)
