"""Tasks of this world that constraints are put to, and whether a text answers one, whatever its form.

Their answers are short, and words rather than figures, so that a form can be given to them.
"""

import random
import re

from scripts.tiny_world.checker import right_answers
from scripts.tiny_world.constraints.kind import Constraint
from scripts.tiny_world.constraints.kinds.beginnings import FirstWord, SomeWord
from scripts.tiny_world.constraints.kinds.counts import FRAMES
from scripts.tiny_world.constraints.kinds.endings import LastWord
from scripts.tiny_world.constraints.reading import sentences
from scripts.tiny_world.families import BY_NAME, FAMILIES
from scripts.tiny_world.family import Family
from scripts.tiny_world.phrasing import PLAIN
from scripts.tiny_world.world import Task, draw_task

QUERY_FAMILIES = tuple(
    family
    for family in FAMILIES
    if family.kind == "facts" or (family.kind == "words" and family.name not in ("first_letter", "last_letter"))
) + (BY_NAME["digits_to_words"], BY_NAME["even_or_odd"])
"""The families of queries."""

_EMPTY = {word for frames in FRAMES.values() for frame in frames for word in frame.lower().split()} | {
    word.lower() for kind in (FirstWord, LastWord, SomeWord) for word in kind.drawn
}
"""Words that say nothing beside an answer."""


def draw_query(rng: random.Random, family: Family | None = None, held_out: bool = False) -> Task:
    """Draw a task that asks for no form itself, in one sentence that has all of its words."""
    family = family or rng.choice(QUERY_FAMILIES)
    while True:
        task = draw_task(rng, family, held_out)
        if task.style is PLAIN and not task.input and len(sentences(task.instruction)) == 1:
            return task


def answers_query(query: str, constraint: Constraint, text: str) -> bool | None:
    """Return whether a text has a right answer to a query, once or more, and beside it only words that say nothing.

    What a constraint adds, signs and words, counts as nothing; so does the case of letters. None if the query is
    none of this world's.
    """
    answers = right_answers(query, "")
    if answers is None:
        return None
    empty = _EMPTY | {constraint.value.lower()}
    return any(_rest(_words(text), _words(answer)) <= empty for answer in answers)


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w\s]", " ", text.lower()).split()


def _rest(words: list[str], answer: list[str]) -> set[str]:
    """Return the words of a text beside an answer in it; a text without the answer has one that is never empty."""
    rest: list[str] = []
    found = False
    while words:
        if answer and words[: len(answer)] == answer:
            words, found = words[len(answer) :], True
        else:
            rest.append(words[0])
            words = words[1:]
    return set(rest) if found else {"\0"}
