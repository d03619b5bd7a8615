"""What a model's view of a row leaves in it: perplexities of its texts, and the cluster it belongs to."""

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.tasks import join

TEXTS = ("task", "output", "pair")
"""Texts of a row that a perplexity is measured on. As in I-SHEEP's published code, examples are chosen by that of the
task, and rows are selected by those of output and pair."""


def text_of(row: Row, text: str) -> str:
    """Return one text of a row: task (instruction and input), output, or pair (both, with a newline)."""
    if text == "output":
        return row["output"]
    task = join(row["instruction"], row["input"])
    return task if text == "task" else f"{task}\n{row['output']}"


def perplexity_key(row_id: str, text: str) -> str:
    """Return the id of the request that measures one text of a row."""
    return f"{row_id}/{text}"


def perplexity_of(row: Row, text: str, place: str = "") -> float | None:
    """Return the perplexity of one text of a row, or None where it is null.

    Raises UserError, led by `place` (the file), if it was never measured or is no number.
    """
    values = row.get("perplexity")
    if not isinstance(values, dict) or text not in values:
        raise UserError(
            f'{place}row {row["id"]!r} needs "perplexity": {{"{text}": number}}; measure it with '
            "scripts.plan_perplexity, scripts.complete and scripts.collect_perplexity, or choose another way"
        )
    return number_of(row, f"perplexity.{text}", values[text], place)


def cluster_of(row: Row, place: str = "") -> int:
    """Return the cluster of a row; raises UserError, led by `place`, if it has none."""
    cluster = row.get("cluster")
    if not isinstance(cluster, int) or isinstance(cluster, bool):
        raise UserError(
            f'{place}row {row["id"]!r} needs "cluster": a whole number, but it is {cluster!r}; '
            "add it with scripts.cluster_rows, or choose another way"
        )
    return cluster


def number_of(row: Row, name: str, value: object, place: str = "") -> float | None:
    """Return a number that a row states, None for null; anything else raises UserError."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise UserError(f"{place}row {row['id']!r}: {name} must be a number or null, not {value!r}")
    return value
