"""The named rules for replies at length: as published for Dromedary-1, and careful ones.

The published script also puts a sentence in place of its reply to one task, the person of its exemplars: there is no
such task here.
"""

from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.rules import Finding
from scripts.self_align.found_in_replies import (
    CUT_AT_LOOP,
    LAST_WORD_DROPPED,
    blank,
    echo,
    is_finished,
    truncated,
    turn_line,
)
from scripts.self_align.repetition import V1_ENDS, cut_at_repeated_segment
from scripts.self_align.steps import Context, Step, TextChange, TextRule

_WIKI_TAILS = ("## See also", "## External links")
_ITEM_13 = "\n13. "


def _too_short(row: Row, context: Context) -> Finding | None:
    length = len(row["output"])
    return {"length": length} if not is_finished(row) and length < context.shortest else None


def _wiki_tail(row: Row, context: Context) -> Finding | None:
    return next(({"match": tail} for tail in _WIKI_TAILS if tail in row["output"]), None)


VERBOSE_TRUNCATED = TextRule(
    "truncated", "the reply was cut off at the token limit", "raise verbose.max_tokens", truncated
)
VERBOSE_EMPTY = TextRule(
    "empty",
    "the reply is empty or only white space",
    "read some of the prompts: the model may end at once where it does not understand them",
    blank,
)
VERBOSE_TOO_SHORT = TextRule(
    "too_short",
    "a reply that was not finished is shorter than `shortest`",
    "raise verbose.max_tokens, or lower verbose_filter.shortest",
    _too_short,
)
WIKI_TAIL = TextRule(
    "wiki_tail",
    'the reply ends like a page of Wikipedia, with "## See also" or "## External links"',
    "lower verbose.temperature: the model goes on as its pages did",
    _wiki_tail,
)
VERBOSE_ECHO = TextRule(
    "echo",
    "the reply holds a long sentence of the prompt that asks for length",
    "say it more briefly in the template (verbose.template)",
    echo,
)
VERBOSE_TURN_LINE = TextRule(
    "turn_marker",
    "a line of the reply begins with another speaker, or the assistant's name",
    "see whether training.end_of_turn is true, so that the model knows where its turn ends",
    turn_line,
)
CUT_AT_REPETITION = TextChange(
    "cut_at_repetition",
    "the reply is cut at the first segment that it has had already; it is then not finished",
    lambda row, context: {**row, "output": cut_at_repeated_segment(row["output"], V1_ENDS)},
)
CUT_AT_ITEM_13 = TextChange(
    "cut_at_item_13",
    "a list is cut before its item 13; it is then not finished",
    lambda row, context: {**row, "output": row["output"].split(_ITEM_13)[0]},
)

VERBOSE_SETS: dict[str, tuple[Step, ...]] = {
    "precise": (
        VERBOSE_TRUNCATED,
        CUT_AT_LOOP,
        VERBOSE_EMPTY,
        VERBOSE_TURN_LINE,
        WIKI_TAIL,
        VERBOSE_ECHO,
    ),
    "v1": (
        LAST_WORD_DROPPED,
        CUT_AT_REPETITION,
        CUT_AT_ITEM_13,
        VERBOSE_TOO_SHORT,
        WIKI_TAIL,
        VERBOSE_ECHO,
    ),
    "none": (),
}
"""The steps of each set, in order."""
