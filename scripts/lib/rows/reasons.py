"""Why rows are rejected: every reason has a name, says what it means and what to do about it, and stands in one place.

A verdict needs a reason, so that none lacks an entry. Errors advise by them, and docs/rejected.md is made from them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

PAGE = "docs/rejected.md"
"""The page that explains all reasons."""

MOST_ADVISED = 2
LEAST_SHARE = 0.2
"""Of the rows that fell, a reason must have this share for an error to say what to do about it."""


@dataclass(frozen=True)
class Reason:
    """Why a row is rejected: what the name means, and as an order ("raise this key") what to do about it."""

    name: str
    meaning: str
    remedy: str


def advice(rejected: Counter[str], reasons: Iterable[Reason]) -> list[str]:
    """Return what to change, for the reasons that most rows fell to; names that no reason has are passed over."""
    remedies = {reason.name: reason.remedy for reason in reasons}
    least = LEAST_SHARE * rejected.total()
    return [
        f"against {name}, {remedies[name]}"
        for name, count in rejected.most_common(MOST_ADVISED)
        if count >= least and name in remedies
    ]
