"""What a model's view of a row leaves in it: perplexities of its texts, and the cluster it belongs to."""

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row

TEXTS = ("task", "output", "pair")
"""Texts of a row that a model looks at. As in I-SHEEP's published code, examples are chosen by the perplexity of the
task, and rows are selected by those of output and pair."""


def text_of(row: Row, text: str) -> str:
    """Return one text of a row, joined as I-SHEEP's published code joins it to measure a perplexity.

    task: instruction, newline, input, also where the input is empty; output: alone; pair: instruction, input and
    output with nothing between them.
    """
    if text == "output":
        return row["output"]
    if text == "task":
        return f"{row['instruction']}\n{row['input']}"
    return row["instruction"] + row["input"] + row["output"]


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
