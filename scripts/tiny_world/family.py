"""What a family of tasks is: one short class, which registers itself by being defined."""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

Slots = dict[str, str]

LONGEST_TEXT = 2000
"""Characters of an instruction or an input of this world, at most: none is half as long, and patterns that find
nothing take the square of a text's length."""

SLOT_PATTERNS = {
    "word": r"[a-záéíóúñêè]+",
    "words": r"[a-z]+(?:, [a-z]+)+",
    "number": r"\d+",
    "other": r"\d+",
    "spelled": r"[a-z]+(?:-[a-z]+)?",
    "name": r"[A-Z][a-z]+",
    "surname": r"[A-Z][a-z]+",
    "separator": r"dashes|plus signs|slashes|semicolons|arrows|and",
    "half": r"morning|evening",
    "ordinal": r"seventh|eighth|ninth|tenth|eleventh|twelfth",
}
_SLOT = re.compile(r"\{(\w+)\}")


class Family:
    """A kind of task. A subclass with `kind=` is one; it says how to draw, phrase, and answer a task.

    `cores` are phrasings without capital or end mark. Slots in braces are filled with the task's
    words; a core without slots puts them into the input, in the form of `input`.
    """

    kind: ClassVar[str]
    name: ClassVar[str]
    input: ClassVar[str] = ""
    cores: ClassVar[tuple[str, ...]]
    registered: ClassVar[list["Family"]] = []

    def __init_subclass__(cls, kind: str | None = None) -> None:
        if kind is not None:
            cls.kind = kind
            cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
            cls.registered.append(cls())

    def draw(self, rng: random.Random) -> Slots:
        """Draw the words of one task."""
        raise NotImplementedError

    def answers(self, slots: Slots) -> Sequence[str]:
        """Return every right answer, the usual one first; KeyError or ValueError if there is none."""
        raise NotImplementedError

    def slip(self, slots: Slots) -> str:
        """Return the answer of someone who did not read the task well."""
        raise NotImplementedError

    @cached_property
    def patterns(self) -> list[re.Pattern[str]]:
        """What recognises this family in an instruction, one pattern for each core."""
        return [re.compile(rf"(?<!\w){_pattern(core)}(?!\w)") for core in self.cores]

    @cached_property
    def input_pattern(self) -> re.Pattern[str]:
        """What reads the slots from an input."""
        return re.compile(_pattern(self.input))


@dataclass(frozen=True)
class Reading:
    """An instruction and its input, understood."""

    family: Family
    slots: Slots
    length: int


def read_task(instruction: str, task_input: str, families: Iterable[Family] | None = None) -> Reading | None:
    """Return what family a task belongs to and what its words are; the longest core that fits wins.

    The families are those that have answers, unless others are given.
    """
    if max(len(instruction), len(task_input)) > LONGEST_TEXT:
        return None
    readings = [
        Reading(family, slots, match.end() - match.start())
        for family in (Family.registered if families is None else families)
        for core, pattern in zip(family.cores, family.patterns, strict=True)
        if (match := pattern.search(instruction))
        if (slots := _slots(family, core, match, task_input)) is not None
    ]
    return max(readings, key=lambda reading: reading.length, default=None)


def _slots(family: Family, core: str, match: re.Match[str], task_input: str) -> Slots | None:
    """Return the words of a task, from its core and, where the core leaves some out, from its input."""
    needed = set(_SLOT.findall(family.input)) - set(_SLOT.findall(core))
    if not needed:
        return None if task_input.strip() else match.groupdict()
    found = family.input_pattern.fullmatch(task_input.strip())
    return {**found.groupdict(), **match.groupdict()} if found else None


def _pattern(template: str) -> str:
    """Turn "join {words} with" into a pattern: its own words in any case, its slots as they must be."""
    parts = _SLOT.split(template)
    literals = [f"(?i:{re.escape(part)})" if part else "" for part in parts[::2]]
    slots = [f"(?P<{name}>{SLOT_PATTERNS[name]})" for name in parts[1::2]]
    return "".join(text for pair in zip(literals, [*slots, ""], strict=True) for text in pair)
