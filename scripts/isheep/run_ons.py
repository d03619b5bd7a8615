"""Run-ons, the main failure of base models: they answer, go on with the next task, and answer that, too.

The same words are right where the task asks for them: a dialogue, a quiz, a letter that asks its reader something.
"""

import re

from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.rules import Finding

_TURN = re.compile(
    r"(?m)^(?i:assistant|system|human|user)[ \t]*:|^(?:assistant|system|user)\n"
    r"|\n(?i:question|instruction|input|output|q|a)[ \t]*:"
)
"""A speaker anywhere, and labels that an answer may begin with, as published rows do ("Output: 2"), further on."""
_QUESTION = re.compile(r"\n[ \t]*\n(?P<question>[A-Z][^\n]{4,150}\?)[ \t]*\n\s*\S")
"""A paragraph that ends in a question, and something behind it."""
_NEXT_TASK = re.compile(
    r"\A(?!\d)[^\n]{1,80}(?<!:)\n(?P<task>(?:[^\n]{0,60}[.:] )?(?:(?:Now|Next|Please|Kindly),? )?"
    r"(?:Write|Say|Give|Name|Put|Change|Turn|Translate|Spell|Count|Join|Make|Explain|Describe|List|Tell|Find|Choose|Pick"
    r"|Rewrite|Convert|Sort|Classify|Identify|Summari[sz]e|Calculate|Answer|Complete|Create|Generate|Remove|Connect"
    r"|What|Which|Who|How|Where|When|Why|Is|Are|Can|Could|Do|Does)\b[^\n]{10,150}[.?])\n[^\n]{1,80}(?:\n|\Z)"
)
"""A short answer, an order or a question on the next line, and a short answer to that."""
_ASKS_FOR_TURNS = re.compile(
    r"(?i)\b(?:questions|q ?& ?a|faqs?|quiz\w*|riddles?|jokes?|interviews?|dialog\w*|conversations?|transcripts?|chats?"
    r"|role.?plays?|phone calls?|scripts?|scenes?|plays?|debates?|teasers?|puzzles?|examples|prompts?"
    r"|code|coding|program\w*|functions?|algorithms?"
    r"|(?:write|generate|create|make|give|ask|compose)\w*(?: \w+){0,2} (?:question|example|instruction|task)"
    r"|(?:user|assistant|human|system|input|output|[qab]):)"
)
_MAY_ASK_ITS_READER = re.compile(
    r"(?i)\b(?:letters?|e-?mails?|messages?|essays?|articles?|blogs?|posts?|speech\w*|stor(?:y|ies)|tales?|poems?|limericks?"
    r"|songs?|lyrics|ads?|advert\w*|summar\w*|translat\w*|rewrit\w*|rephras\w*|correct\w*|edit\w*|continu\w*|paragraphs?)\b"
)


def unasked_turn(row: Row) -> Finding | None:
    """Return the first label of another turn ("User:", "Q:") that begins a line, unless the task asks for such."""
    match = _TURN.search(row["output"])
    return {"field": "output", "match": match[0].strip()} if match and not asks_for(_ASKS_FOR_TURNS, row) else None


def unasked_task(row: Row) -> Finding | None:
    """Return the task that stands behind a first line that is the answer, unless the task asks for such."""
    match = _NEXT_TASK.search(row["output"])
    return {"field": "output", "match": match["task"]} if match and not _may_turn_to_others(row) else None


def unasked_question(row: Row) -> Finding | None:
    """Return the first paragraph that is a question and not the last one, unless the task asks for such."""
    match = _QUESTION.search(row["output"])
    return {"field": "output", "match": match["question"]} if match and not _may_turn_to_others(row) else None


def _may_turn_to_others(row: Row) -> bool:
    return asks_for(_ASKS_FOR_TURNS, row) or asks_for(_MAY_ASK_ITS_READER, row)


def asks_for(pattern: re.Pattern[str], row: Row) -> bool:
    """Return whether the pattern occurs in a row's task."""
    return bool(pattern.search(row["instruction"]) or pattern.search(row["input"]))
