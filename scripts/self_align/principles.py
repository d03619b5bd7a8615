"""The files that say how to answer: principles with numbers, and worked exemplars that name the ones they follow.

Both belong to the user. In either, {{name}} and {{cutoff}} stand for the assistant's name and for the month in which
its knowledge ends (arXiv 2305.03047, section 3.2 and appendix A; the texts that come with the project are its own).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import check_texts, placed_rows
from scripts.lib.rows.strict_json import decode, shown

SLOTS = ("name", "cutoff")
"""What may stand in either file as {{name}} and {{cutoff}}."""

USERS_TURN = re.compile(r"(?m)^[ \t]*User:")
_SLOT = re.compile(r"\{\{\s*\w+\s*\}\}")
_PRINCIPLE = re.compile(r"(?P<number>[1-9]\d*) \((?P<name>[^()]+)\)[.:]? (?P<text>\S.*)")


@dataclass(frozen=True)
class Principle:
    """A rule for replies, as thoughts name it: its number, a word or two for it, and what it asks for."""

    number: int
    name: str
    text: str

    @property
    def reference(self) -> str:
        """How a thought names it: "7 (candor)"."""
        return f"{self.number} ({self.name})"


@dataclass(frozen=True)
class Exemplar:
    """A worked example: a task, what is thought about it in a line, the numbers of the principles followed, a reply.

    `words` would hardly stand in a reply to another task: where they do, the exemplar was copied.
    """

    instruction: str
    input: str
    thought: str
    rules: tuple[int, ...]
    output: str
    words: tuple[str, ...] = ()


def read_principles(path: Path) -> tuple[Principle, ...]:
    """Return the principles of a text file, one a line: `7 (candor). Say so if you do not know.`

    Blank lines and lines that begin with # are passed over. Raises UserError naming the line for one without number and
    name, for numbers that are not 1, 2, 3 and so on, and for a slot that nothing fills; and for a file without
    principles.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file of principles; see config/prompts/self_align/")
    found: list[Principle] = []
    for number, line in enumerate(decode(path.read_bytes(), str(path)).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _PRINCIPLE.fullmatch(line.strip())
        if match is None:
            raise UserError(
                f"{path}:{number}: not a principle: {shown(line)}; write its number, its name and what it asks for, "
                "as in: 7 (candor). Say so if you do not know."
            )
        if int(match["number"]) != len(found) + 1:
            raise UserError(
                f"{path}:{number}: principle {match['number']} stands where {len(found) + 1} is expected; "
                "number them 1, 2, 3 and so on, so that thoughts can name them"
            )
        _check_slots(line, f"{path}:{number}")
        found.append(Principle(len(found) + 1, match["name"].strip(), match["text"]))
    if not found:
        raise UserError(f"{path}: there are no principles in this file; write one a line, as in: 1 (ethical). …")
    return tuple(found)


def read_exemplars(path: Path, principles: Sequence[Principle]) -> tuple[Exemplar, ...]:
    """Return the exemplars of a JSONL file: rows of instruction, input, thought, rules (numbers), output, and words.

    Raises UserError naming the row where a text is missing or blank, where one holds a line that begins the user's
    turn or a slot that nothing fills, or where it names no principle, or one that there is not; and for a file without
    exemplars.
    """
    found = []
    for place, row in placed_rows(path):
        row.setdefault("input", "")
        check_texts(row, place, "instruction", "input", "thought", "output")
        for field in ("instruction", "thought", "output"):
            if not row[field].strip():
                raise UserError(f"{place} (id {row['id']!r}): '{field}' must not be blank")
        for field in ("instruction", "input", "thought", "output"):
            if USERS_TURN.search(row[field]):
                raise UserError(
                    f"{place} (id {row['id']!r}): '{field}' must not have a line that begins with User:, where "
                    "replies end; an exemplar is one task and one reply"
                )
            _check_slots(row[field], f"{place} (id {row['id']!r}): '{field}'")
        rules = row.get("rules")
        if not isinstance(rules, list) or not rules:
            raise UserError(
                f"{place} (id {row['id']!r}): 'rules' must be a list of the numbers of the principles that the "
                f"reply follows, such as [2, 7], but is {shown(rules)}"
            )
        for rule in rules:
            if isinstance(rule, bool) or not isinstance(rule, int) or not 1 <= rule <= len(principles):
                raise UserError(
                    f"{place} (id {row['id']!r}): there is no rule {shown(rule)}; the principles are numbered from 1 "
                    f"to {len(principles)}"
                )
        words = row.get("words", [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            raise UserError(
                f"{place} (id {row['id']!r}): 'words' must be a list of words that tell a copy of this exemplar, "
                f"but is {shown(words)}"
            )
        texts = (row["instruction"], row["input"], row["thought"])
        found.append(Exemplar(*texts, rules=tuple(rules), output=row["output"], words=tuple(words)))
    if not found:
        raise UserError(f"{path}: there are no exemplars in this file; give one or more worked examples")
    return tuple(found)


def _check_slots(text: str, place: str) -> None:
    """Raise UserError, led by the text's place, for a slot in it that the model would be shown as it is."""
    filled = [f"{{{{{slot}}}}}" for slot in SLOTS]
    if wrong := [slot for slot in _SLOT.findall(text) if slot not in filled]:
        raise UserError(
            f"{place}: it has the slot {wrong[0]}, but only {' and '.join(filled)} are filled; spell them so"
        )
