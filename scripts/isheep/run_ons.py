"""Run-ons, the main failure of base models: they answer, go on with the next task, and answer that, too.

The same words are right where the instruction asks for them: a dialogue, a quiz, a letter that asks its reader
something. The input asks for nothing; but its own labels may come back where it is to be translated or the like.

Patterns over text see forms, not meaning. They keep a run-on without a label or a question ("Berlin.\\n\\nAlbert
Einstein was …", "Input" and "Output" on lines of their own), "A:" that is behind no question, a question in a letter,
story or essay that speaks to "you" or is answered at length, and what has the form that the task asks for; they reject
a list of fields whose names are labels ("Input: keyboard"), and a question on a line of its own that a text puts to
itself.
"""

import re

from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.rules import Finding

_BEGIN = r"[ \t]{0,3}(?:#{2,6}[ \t]*)?\*{0,2}"
_END = r"(?:\*\*)?[ \t]*:"
_SPEAKER = re.compile(
    rf"(?m)^{_BEGIN}(?i:assistant|human){_END}"
    rf"|(?:^{_BEGIN}(?i:user)|(?<=\n){_BEGIN}(?i:system)){_END}(?![ \t]*[a-z][\w@.-]*[ \t]*$)"
    r"|^(?:assistant|system|user)\n"
)
"""A speaker; but "User: ann01" is a field, and so is "System: …" at the beginning."""
_QUESTION_LABEL = re.compile(rf"\n{_BEGIN}(?i:question|q){_END}|(?:(?<=\?)|(?<=\? ))\n{_BEGIN}(?i:a){_END}")
"""A question further on, since published answers begin with such labels, and A: behind a question, not in a list."""
_TASK_LABEL = re.compile(
    rf"\n{_BEGIN}(?i:instruction|input|output){_END}|\n[ \t]{{0,3}}#{{2,4}}[ \t]*(?:Instruction|Response)\b"
)
"""Further on, as published answers begin with them, too ("Output: 2")."""
_QUESTION = re.compile(r"\n[ \t]*\n(?P<question>[A-Z][^\n]{4,150}\?)[ \t]*\n\s*\S")
"""A paragraph that ends in a question, and something behind it."""
_ANSWERED_QUESTION = re.compile(
    r"\n[ \t]*\n(?P<question>(?![^\n]*\b(?i:you|your|we|us|our|i|me|my)\b)[A-Z][^\n]{4,150}\?)[ \t]*\n\s*"
    r"(?!(?i:yours|best|love|sincerely|regards|thanks|cheers|warmly|kind|with)\b)\S[^\n]{0,79}(?:\n[ \t]*\n|\Z)"
)
"""One that speaks to nobody, and a short answer that is the whole next paragraph."""
_NEXT_TASK = re.compile(
    r"\A(?!\d)[^\n]{1,80}(?<!:)\n(?P<task>(?:[^\n]{0,60}[.:] )?(?:(?:Now|Next|Please|Kindly),? )?"
    r"(?:Write|Say|Give|Name|Put|Change|Turn|Translate|Spell|Count|Join|Make|Explain|Describe|List|Tell|Find|Choose|Pick"
    r"|Rewrite|Convert|Sort|Classify|Identify|Summari[sz]e|Calculate|Answer|Complete|Create|Generate|Remove|Connect"
    r"|What|Which|Who|How|Where|When|Why|Is|Are|Can|Could|Do|Does)\b[^\n]{10,150}[.?])\n[^\n]{1,80}(?:\n|\Z)"
)
"""A short answer, an order or a question on the next line, and a short answer to that."""
_ASKS_FOR_DIALOGUE = re.compile(
    r"(?i)\b(?:dialog\w*|conversations?|transcripts?|chat ?logs?|chats? (?:between|with)|interviews?|role.?play\w*"
    r"|debates?|phone calls?|skits?|(?:user|assistant|human|system):)"
)
_ASKS_FOR_QUESTIONS = re.compile(
    r"(?i)\b(?:questions|q ?& ?a|faqs?|quiz\w*|interviews?|flash ?cards?|riddles?|jokes?|brain.?teasers?|survey"
    r"|(?:write|generate|create|make|ask|compose|form|formulate|come up with)(?: [\w-]+){0,3} question"
    r"|[qab]:)"
)
_ASKS_FOR_TASKS = re.compile(
    r"(?i)\b(?:code|functions?|programs?|algorithms?|test cases?|few.shot|(?:example|sample) (?:in|out)puts?"
    r"|(?:write|generate|create|make|compose)\w*(?: [\w-]+){0,3} (?:instruction|task)s?|(?:in|out)put:)"
)
_MAY_ASK_ITS_READER = re.compile(
    r"(?i)\b(?:letters?|e-?mails?|messages?|essays?|articles?|blogs?|posts?|speech\w*|monologues?|arguments?"
    r"|stor(?:y|ies)|tales?|poems?|limericks?|songs?|lyrics|ads?|advert\w*|scripts?|scenes?|plays?"
    r"|summar\w*|translat\w*|rewrit\w*|rephras\w*|correct\w*|edit\w*|continu\w*|paragraphs?)\b"
)
_REWORKS_ITS_INPUT = re.compile(
    r"(?i)\b(?:translat\w*|rewrit\w*|re-write|rephras\w*|paraphras\w*|correct|edit|continue|complete"
    r"|reply|replies|respond|responses?)\b"
)
"""Such tasks may write the labels that their input has."""
_LABELS = (
    (_SPEAKER, (_ASKS_FOR_DIALOGUE,)),
    (_QUESTION_LABEL, (_ASKS_FOR_QUESTIONS, _ASKS_FOR_DIALOGUE)),
    (_TASK_LABEL, (_ASKS_FOR_TASKS,)),
)


def unasked_turn(row: Row) -> Finding | None:
    """Return the first label of another turn ("User:", "Q:") that begins a line, unless the task asks for its kind."""
    for label, requests in _LABELS:
        match = label.search(row["output"])
        if match and not _is_asked(row, *requests) and not _is_given(row, label):
            return {"field": "output", "match": match[0].strip()}
    return None


def unasked_task(row: Row) -> Finding | None:
    """Return the task that stands behind a first line that is the answer, unless the task asks for such."""
    match = _NEXT_TASK.search(row["output"])
    asked = match and _is_asked(row, _ASKS_FOR_DIALOGUE, _ASKS_FOR_QUESTIONS, _MAY_ASK_ITS_READER)
    return {"field": "output", "match": match["task"]} if match and not asked else None


def unasked_question(row: Row) -> Finding | None:
    """Return the first paragraph that is a question and not the last one, unless the task asks for such.

    Texts that may ask their reader something are only rejected for a question that a short paragraph answers.
    """
    if _is_asked(row, _ASKS_FOR_DIALOGUE, _ASKS_FOR_QUESTIONS):
        return None
    pattern = _ANSWERED_QUESTION if _is_asked(row, _MAY_ASK_ITS_READER) else _QUESTION
    match = pattern.search(row["output"])
    return {"field": "output", "match": match["question"]} if match else None


def _is_asked(row: Row, *requests: re.Pattern[str]) -> bool:
    return any(request.search(row["instruction"]) for request in requests)


def _is_given(row: Row, label: re.Pattern[str]) -> bool:
    return _is_asked(row, _REWORKS_ITS_INPUT) and bool(label.search("\n" + row["input"]))


def asks_for(pattern: re.Pattern[str], row: Row) -> bool:
    """Return whether the pattern occurs in a row's task."""
    return bool(pattern.search(row["instruction"]) or pattern.search(row["input"]))
