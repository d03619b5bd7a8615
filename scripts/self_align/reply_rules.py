"""The named rules for replies under principles: as published for Dromedary-1 and -2, and careful ones.

`v1` and `v2` follow the published scripts that merge and filter replies, step by step. Their words that only came from
the authors' exemplars are here those that a row of your own exemplars names in `words`: the rule is about copying, and
a word list for other exemplars would reject what nobody copied. `precise` has no such list; it looks for whole
sentences of the prompt instead. That a thought names no principle is counted, not rejected: the
reply may be good, and the published code does not look.
"""

import re

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
from scripts.self_align.prompts import USER
from scripts.self_align.repetition import V1_ENDS, V2_ENDS, cut_at_repeated_segment
from scripts.self_align.steps import Context, Step, TextChange, TextRule

END_MARKER = "\n\n### User\n"
"""What the published code appends to a finished reply, and counts as part of its length."""

LEAST_TASK = 16
"""Characters up to which v2 takes an instruction or input that comes again for chance."""

_APOLOGIES = ("I'm sorry", "I am sorry")
_RECITAL = re.compile(r"\A(?:According to my knowledge from Wikipedia|From what I know), here")

_LARGER = "take a larger base model, or exemplars of one form, since a base model goes on as they do"
_COPIED = "give more, and more different, exemplars (replying.exemplars): the model copies what it is shown"


def _no_introduction(row: Row, context: Context) -> Finding | None:
    begins = row["completion"].lstrip()
    return None if begins.startswith(context.opening) else {"begins": begins[: len(context.opening)]}


def _no_reply(row: Row, context: Context) -> Finding | None:
    return None if f"\n\n{context.prompted_name}:" in row["completion"] else {}


def _too_short(row: Row, context: Context) -> Finding | None:
    length = len(row["output"]) + len(END_MARKER)
    return {"length": length} if is_finished(row) and length < context.shortest else None


def _has_turn_marker(row: Row, context: Context) -> Finding | None:
    marks = (USER.strip(), f"{context.prompted_name} (internal thoughts):")
    return next(({"match": mark} for mark in marks if mark in row["output"]), None)


def _stock_question(row: Row, context: Context) -> Finding | None:
    return next(({"match": question} for question in context.questions if question in row["output"]), None)


def _exemplar_word(row: Row, context: Context) -> Finding | None:
    spelt = (form for word in context.words for form in (word, word[:1].upper() + word[1:]))
    return next(({"match": word} for word in spelt if word in row["output"]), None)


def _apology(row: Row, context: Context) -> Finding | None:
    return {} if row["output"].startswith(_APOLOGIES) else None


def _comes_again(field: str, row: Row) -> Finding | None:
    return {} if len(row[field]) > LEAST_TASK and row[field] in row["output"] else None


def _says_the_task(row: Row, context: Context) -> Finding | None:
    said = " ".join(row["output"].split()).casefold()
    tasks = (row["instruction"], f"{row['instruction']} {row['input']}")
    return {} if said in (" ".join(task.split()).casefold() for task in tasks) else None


def _input_alone(row: Row, context: Context) -> Row:
    if len(row["input"]) <= LEAST_TASK:
        return row
    return {**row, "instruction": row["input"], "input": "", "instruction_before": row["instruction"]}


NO_INTRODUCTION = TextRule(
    "no_introduction", "the thought does not begin with the introduction of the exemplars", _LARGER, _no_introduction
)
NO_REPLY = TextRule(
    "no_reply",
    "after the thought, no paragraph begins with the assistant's name and a colon",
    "raise replying.max_tokens, so that a reply follows the thought, or " + _LARGER,
    _no_reply,
)
EMPTY = TextRule("empty", "the reply is empty or only white space", _LARGER, blank)
TRUNCATED = TextRule("truncated", "the reply was cut off at the token limit", "raise replying.max_tokens", truncated)
TOO_SHORT = TextRule(
    "too_short",
    "a finished reply is shorter than `shortest`, the end marker of the published code included",
    "lower reply_filter.shortest: many good answers are short",
    _too_short,
)
TURN_MARKER = TextRule(
    "turn_marker", 'the reply holds "User:" or another thought', "choose reply_filter.rules: precise", _has_turn_marker
)
TURN_LINE = TextRule(
    "turn_marker",
    "a line of the reply begins with another speaker, or the assistant's name again",
    _LARGER,
    turn_line,
)
STOCK_QUESTION = TextRule(
    "stock_question", "the reply asks what an exemplar asks, word for word", _COPIED, _stock_question
)
EXEMPLAR_WORD = TextRule(
    "exemplar_word",
    "the reply holds one of the `words` by which an exemplar says that it was copied",
    _COPIED,
    _exemplar_word,
)
ECHO = TextRule(
    "echo", "the reply holds a long sentence of the principles, the exemplars or the template", _COPIED, echo
)
APOLOGY = TextRule(
    "apology",
    'the reply begins with "I\'m sorry" or "I am sorry"',
    "choose reply_filter.rules: precise, since many honest replies begin so",
    _apology,
)
INSTRUCTION_AGAIN = TextRule(
    "instruction_again",
    f"the instruction, longer than {LEAST_TASK} characters, stands in the reply",
    _LARGER,
    lambda row, context: _comes_again("instruction", row),
)
INPUT_AGAIN = TextRule(
    "input_again",
    f"the input, longer than {LEAST_TASK} characters, stands in the reply",
    "choose reply_filter.rules: precise, since to correct or continue a text is to repeat it",
    lambda row, context: _comes_again("input", row),
)
TASK_AGAIN = TextRule("task_again", "the reply is the task itself, and nothing else", _LARGER, _says_the_task)


def _cut_at_repetition(ends: str) -> TextChange:
    return TextChange(
        "cut_at_repetition",
        "the reply is cut at the first segment that it has had already; it is then not finished",
        lambda row, context: {**row, "output": cut_at_repeated_segment(row["output"], ends)},
    )


RENAMED = TextChange(
    "renamed",
    "the assistant's name in the prompt (alias) becomes its name",
    lambda row, context: {**row, "output": row["output"].replace(context.prompted_name, context.name)},
)
RECITAL_REWRITTEN = TextChange(
    "recital_rewritten",
    'a reply that begins with "According to my knowledge from Wikipedia, here" or the like begins with "Here"',
    lambda row, context: {**row, "output": _RECITAL.sub("Here", row["output"])},
)
INPUT_FOR_INSTRUCTION = TextChange(
    "input_for_instruction",
    f"an input longer than {LEAST_TASK} characters takes the place of the instruction (kept as instruction_before)",
    _input_alone,
)

REPLY_SETS: dict[str, tuple[Step, ...]] = {
    "precise": (
        NO_INTRODUCTION,
        NO_REPLY,
        TRUNCATED,
        CUT_AT_LOOP,
        EMPTY,
        TURN_LINE,
        ECHO,
        TASK_AGAIN,
        RENAMED,
    ),
    "v1": (
        NO_INTRODUCTION,
        NO_REPLY,
        _cut_at_repetition(V1_ENDS),
        TOO_SHORT,
        LAST_WORD_DROPPED,
        TURN_MARKER,
        STOCK_QUESTION,
        EXEMPLAR_WORD,
        APOLOGY,
        EMPTY,
        RENAMED,
        RECITAL_REWRITTEN,
    ),
    "v2": (
        NO_INTRODUCTION,
        NO_REPLY,
        _cut_at_repetition(V2_ENDS),
        TOO_SHORT,
        LAST_WORD_DROPPED,
        INSTRUCTION_AGAIN,
        INPUT_AGAIN,
        INPUT_FOR_INSTRUCTION,
        TURN_MARKER,
        STOCK_QUESTION,
        EXEMPLAR_WORD,
        EMPTY,
        RENAMED,
    ),
    "none": (NO_REPLY, EMPTY, RENAMED),
}
"""The steps of each set, in order."""
