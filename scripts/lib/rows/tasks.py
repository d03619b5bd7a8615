"""A task is an instruction and its input: how the two are one text, and when two tasks are the same."""

from scripts.lib.rows.jsonl import Row


def join(instruction: str, task_input: str) -> str:
    """Return instruction and input as one text: the only join for answering, assessing and training.

    The published code has three (concatenation to answer, a space to assess, a newline to train). Perplexities are
    of texts joined as published (scripts.lib.rows.measures), since the published limits are for these.
    """
    return f"{instruction}\n{task_input}" if task_input.strip() else instruction


def same_task(row: Row) -> str:
    """Return what two equal tasks have in common: instruction and input, whatever their case and spaces."""
    return " ".join(join(row["instruction"], row["input"]).casefold().split())
