"""A row that is rejected, and why: one shape for all rejected files, so that they can be loaded together.

Rows of several steps, recipes and engines have different fields, and what rules see is different, too. So a rejected
row has the same columns whatever it was: its texts, the reason, and as JSON text all that differs.
"""

from dataclasses import dataclass, field
from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.strict_json import parse_json, shown, to_line

TEXTS = ("instruction", "input", "output")


@dataclass(frozen=True)
class Verdict:
    """Why a row is rejected: the reason, and what a reader needs to see that it applies."""

    reason: Reason
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The name of the reason."""
        return self.reason.name

    def on(self, row: Row) -> Row:
        """Return the row as it stands in a rejected file."""
        return reject(row, self.reason, **self.detail)


def reject(row: Row, reason: Reason, **detail: Any) -> Row:
    """Return the row as it stands in a rejected file: its texts, empty where it has none, and why it is there.

    `detail` is what the rule saw, `other_fields` is the rest of the row; both are JSON objects, as text.
    """
    texts = {name: row[name] if isinstance(row.get(name), str) else "" for name in TEXTS}
    whole = {"id": row["id"], **texts}
    others = {name: value for name, value in row.items() if name not in whole or whole[name] != value}
    return {
        "id": row["id"],
        **texts,
        "rejected": {"rule": reason.name, "detail": to_line(detail)},
        "other_fields": to_line(others),
    }


def restored(row: Row, place: str) -> Row:
    """Return a row of a rejected file as it was before: its texts and its other fields, and not why it was rejected.

    Raises UserError, led by its place, if its other fields are no JSON object as text.
    """
    check_texts(row, place, *TEXTS, "other_fields")
    others = parse_json(row["other_fields"].encode(), f"{place}: other_fields", "make the file again")
    if not isinstance(others, dict):
        raise UserError(f"{place}: other_fields must be a JSON object as text, not {shown(others)}")
    return {"id": row["id"], **{name: row[name] for name in TEXTS}, **others}


def rule_of(row: Row, place: str) -> str:
    """Return the rule that rejected a row; raises UserError, led by `place` (the file), if it does not say so."""
    rejected = row.get("rejected")
    if not isinstance(rejected, dict) or not isinstance(rejected.get("rule"), str):
        raise UserError(f'{place}: row {row["id"]!r}: rejected must be {{"rule": text}}, not {shown(rejected)}')
    return str(rejected["rule"])
