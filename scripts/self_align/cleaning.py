"""Prompts that people gave, made clean: without what pages around them said, and of a fair length (Dromedary-2)."""

import re

from scripts.lib.rows.held_out import HELD_OUT
from scripts.lib.rows.reasons import Reason
from scripts.self_align.pool import BEYOND_MOST, REPEATED

PAGE_NUMBER = re.compile(r"\d+ ?/ ?\d+")
"""A line of a saved conversation that says which of how many versions of a turn it shows: "2 / 3"."""

BUTTON = re.compile(
    r"(?:share|copy|translate|see)(?: (?:this|the|your))?(?: (?:prompt|chat|conversation|page|translation))?",
    re.IGNORECASE,
)
"""A last line that was a button of the page."""

LANGUAGES = "English|German|French|Spanish|Italian|Portuguese|Dutch|Russian|Chinese|Japanese|Korean|Arabic|Hindi"
IN_A_LANGUAGE = re.compile(
    r"(?:(?<=[.!?\n])|^)\s*(?:please )?(?:write|answer|respond|reply)(?: to me| everything)?"
    rf" in (?:(?:the )?(?:{LANGUAGES})(?: language)?|\w+ language)(?: only)?[.!]?$",
    re.IGNORECASE,
)
"""A last sentence that asks for a language, as extensions of browsers put behind every prompt."""

LONGEST_SENTENCE = 200
"""Characters from the end in which such a sentence is looked for."""

NO_TASK = Reason(
    "no_task",
    "nobody asks anything in the row: it is a chat in which no user speaks, or what is asked first is blank",
    "leave it so, or write what is asked",
)
TOO_FEW_TOKENS = Reason(
    "too_few_tokens",
    "a prompt of fewer tokens than prompts.least_tokens, once it was cleaned",
    "lower prompts.least_tokens to use it",
)
TOO_MANY_TOKENS = Reason(
    "too_many_tokens",
    "a prompt of more tokens than prompts.most_tokens",
    "raise prompts.most_tokens to use it, and the lengths that are trained on with it",
)

REASONS = (NO_TASK, TOO_FEW_TOKENS, TOO_MANY_TOKENS, HELD_OUT, REPEATED, BEYOND_MOST)
"""All, in the order in which they are looked for."""


def cleaned(text: str) -> str:
    """Return a prompt without page numbers in its first and last lines, and without buttons and demands for a language
    at its end; what stands between them stays as it is."""
    text = text.strip()
    while (shorter := _without_one(text)) != text:
        text = shorter
    return text


def _without_one(text: str) -> str:
    first, _, behind = text.partition("\n")
    before, _, last = text.rpartition("\n")
    if PAGE_NUMBER.fullmatch(first.strip()):
        return behind.strip()
    if PAGE_NUMBER.fullmatch(last.strip()) or BUTTON.fullmatch(last.strip()):
        return before.strip()
    asked = IN_A_LANGUAGE.search(text, max(0, len(text) - LONGEST_SENTENCE))
    return text[: asked.start()].strip() if asked else text
