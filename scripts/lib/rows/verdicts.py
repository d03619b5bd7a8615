"""What a function that decides about a row says of it: why it is rejected."""

from dataclasses import dataclass, field
from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.strict_json import shown


@dataclass(frozen=True)
class Verdict:
    """Why a row is rejected: the name of the rule, and what a reader needs to see that it applies."""

    rule: str
    detail: dict[str, Any] = field(default_factory=dict)

    def on(self, row: Row) -> Row:
        """Return the row as it stands in a rejected file."""
        return reject(row, self.rule, **self.detail)


def reject(row: Row, rule: str, **detail: Any) -> Row:
    """Return the row as it stands in a rejected file: with the rule that rejected it, and why."""
    return {**row, "rejected": {"rule": rule, **detail}}


def rule_of(row: Row, place: str) -> str:
    """Return the rule that rejected a row; raises UserError, led by `place` (the file), if it does not say so."""
    rejected = row["rejected"]
    if not isinstance(rejected, dict) or not isinstance(rejected.get("rule"), str):
        raise UserError(f'{place}: row {row["id"]!r}: rejected must be {{"rule": text}}, not {shown(rejected)}')
    return str(rejected["rule"])
