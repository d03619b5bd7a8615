"""Named rules that reject a row: one system for all that recipes decide by looking at a row's text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.verdicts import Verdict

Finding = dict[str, Any]


@dataclass(frozen=True)
class Rule(Reason):
    """A reason that the row's text shows; `find` returns what it found wrong, or None."""

    find: Callable[[Row], Finding | None]


def first_failing(row: Row, rules: Sequence[Rule]) -> Verdict | None:
    """Return the verdict of the first rule that rejects the row, or None."""
    for rule in rules:
        finding = rule.find(row)
        if finding is not None:
            return Verdict(rule, finding)
    return None


def pattern_rule(name: str, meaning: str, remedy: str, pattern: str, *fields: str) -> Rule:
    """Return the rule that the pattern must occur in none of the fields."""
    compiled = re.compile(pattern)

    def find(row: Row) -> Finding | None:
        for field in fields:
            if match := compiled.search(row[field]):
                return {"field": field, "match": match[0]}
        return None

    return Rule(name, meaning, remedy, find)
