"""What graders write of many replies: shares and mean lengths, each with its 95 % interval over the tasks."""

from collections.abc import Sequence
from typing import Any, Literal

DIGITS = 4


def share_measure(title: str, verdicts: Sequence[bool]) -> dict[str, Any]:
    """Return the share of tasks of which something is true, for a grader's `measures`, with its Wilson interval."""
    value = round(sum(verdicts) / len(verdicts), DIGITS) if verdicts else 0.0
    interval = wilson(sum(verdicts), len(verdicts))
    return {"title": title, "value": value, "interval": interval, "total": len(verdicts), "unit": "share"}


def length_measure(title: str, lengths: Sequence[int], unit: Literal["words", "characters"]) -> dict[str, Any]:
    """Return the mean length of replies, for a grader's `measures`, with the t interval of the mean.

    Raises ValueError for fewer than two replies, whose mean has no interval: leave the measure out.
    """
    from scipy.stats import ttest_1samp

    if len(lengths) < 2:
        raise ValueError("the mean of fewer than two lengths has no interval")
    mean = sum(lengths) / len(lengths)
    # The test would warn of values that do not vary.
    interval = ttest_1samp(lengths, 0).confidence_interval(0.95) if len(set(lengths)) > 1 else (mean, mean)
    ends = [round(float(end), DIGITS) for end in interval]
    return {"title": title, "value": round(mean, DIGITS), "interval": ends, "total": len(lengths), "unit": unit}


def wilson(correct: int, total: int) -> list[float]:
    """Return the Wilson 95 % interval of a share."""
    from scipy.stats import binomtest

    if not total:
        return [0.0, 1.0]
    interval = binomtest(correct, total).proportion_ci(confidence_level=0.95, method="wilson")
    return [round(float(end), DIGITS) for end in interval]
