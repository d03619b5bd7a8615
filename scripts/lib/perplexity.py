"""Which texts of a row a perplexity is measured on (spec A2, A6)."""

from scripts.lib.prompting import join
from scripts.lib.records import Row

TEXTS = ("task", "output", "pair")


def text_of(row: Row, text: str) -> str:
    """Return one text of a row: task (instruction and input), output, or pair (both, with a newline)."""
    if text == "output":
        return row["output"]
    task = join(row["instruction"], row["input"])
    return task if text == "task" else f"{task}\n{row['output']}"


def perplexity_key(row_id: str, text: str) -> str:
    """Return the id of the request that measures one text of a row."""
    return f"{row_id}/{text}"
