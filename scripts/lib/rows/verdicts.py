"""What a function that decides about a row says of it: why it is rejected."""

from dataclasses import dataclass, field
from typing import Any

from scripts.lib.rows.jsonl import Row


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
