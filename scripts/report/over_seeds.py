"""Statistics over the seeds of an arm: means, 95 % t intervals, and tests of paired differences against zero."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ttest_1samp

Row = dict[str, Any]

DIGITS = 4


def over_seeds(values: pd.DataFrame, *by: str) -> list[Row]:
    """Return number, mean and half the 95 % t interval of `value` for every group; the half is null for one seed."""
    return [{name: row[name] for name in row if name != "p"} for row in effects(values, *by)]


def effects(values: pd.DataFrame, *by: str) -> list[Row]:
    """Return what `over_seeds` does, and the p value of the t test against zero, which is null if nothing varies."""
    groups = values.groupby(list(by), observed=True)["value"].agg(list).reset_index()
    return [{name: row[name] for name in by} | _tested(row["value"]) for row in groups.to_dict("records")]


def changes(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs with the difference between `value` and `value_reference` as their value."""
    return pairs.assign(value=pairs["value"] - pairs["value_reference"])


def _tested(values: Sequence[float]) -> Row:
    # Differences of equal shares are equal but for their last bits, which are no spread to be tested.
    rounded = np.round(values, 10)
    half, p = (0.0 if len(rounded) > 1 else None), None
    if np.ptp(rounded) > 0:
        test = ttest_1samp(rounded, 0)
        low, high = test.confidence_interval(0.95)
        half, p = round(float(high - low) / 2, DIGITS), round(float(test.pvalue), DIGITS)
    return {"seeds": len(rounded), "mean": round(float(rounded.mean()), DIGITS), "half": half, "p": p}
