"""What rules for replies look for, under principles and at length, and how they change a text."""

import re

from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.rules import Finding
from scripts.self_align.prompts import USER
from scripts.self_align.repetition import cut_at_loop
from scripts.self_align.steps import Context, TextChange

CUT = ("cut_at_repetition", "cut_at_item_13")
"""Changes behind which a text is not finished any more: in the published code, they take its end marker with it."""


def is_finished(row: Row) -> bool:
    """Return whether the model ended the text by itself, and nothing was cut off since."""
    return row["finish_reason"] == "stop" and not set(CUT) & set(row["changes"])


def truncated(row: Row, context: Context) -> Finding | None:
    """Find a text that was cut off at the token limit."""
    return {} if row["finish_reason"] == "length" else None


def blank(row: Row, context: Context) -> Finding | None:
    """Find an output of nothing, or of white space."""
    return {} if not row["output"].strip() else None


def turn_line(row: Row, context: Context) -> Finding | None:
    """Find a line that begins with who speaks: the user, or the assistant by its name in the prompt or any other."""
    names = "|".join(re.escape(name) for name in dict.fromkeys((context.prompted_name, context.name)))
    pattern = rf"(?m)^[ \t]*(?:#+[ \t]*)?(?:{USER.strip()[:-1]}|(?:{names})(?: \((?:internal thoughts|auto reply)\))?):"
    match = re.search(pattern, row["output"])
    return {"match": match[0].strip()} if match else None


def echo(row: Row, context: Context) -> Finding | None:
    """Find a long sentence of the prompt in the output, word for word, that the task does not have."""
    output, task = " ".join(row["output"].split()), " ".join(f"{row['instruction']} {row['input']}".split())
    found = next((phrase for phrase in context.phrases if phrase in output and phrase not in task), None)
    return None if found is None else {"match": found}


def without_last_word(row: Row, context: Context) -> Row:
    """Return the row of an unfinished text without what stands behind its last space, as published."""
    return row if is_finished(row) else {**row, "output": row["output"].rsplit(" ", 1)[0]}


LAST_WORD_DROPPED = TextChange(
    "last_word_dropped", "a text that was not finished loses its last word, which may be cut off", without_last_word
)
CUT_AT_LOOP = TextChange(
    "cut_at_loop",
    "the text is cut where it only repeats the sentences right before",
    lambda row, context: {**row, "output": cut_at_loop(row["output"])},
)
