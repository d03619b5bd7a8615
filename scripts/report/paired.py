"""How models differ, in pairs by seed: from the base model, from the iteration before, and between arms."""

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from scripts.report.over_seeds import Row, changes, effects
from scripts.report.summaries import Summary

Value = tuple[int, str, float]
"""What is known of one model: in which iteration, of what, how much."""


def frame(
    summaries: Sequence[Summary], what: str, values: Callable[[Summary], Iterable[Value]], order: Iterable[str] = ()
) -> pd.DataFrame:
    """Return the values of all models, a line for each; arms are sorted as they come, and so is `what` by default."""
    lines = [(summary.arm, summary.seed, *value) for summary in summaries for value in values(summary)]
    found = pd.DataFrame(lines, columns=["arm", "seed", "iteration", what, "value"])
    found = found.astype({"iteration": int, "value": float})
    for column, categories in (("arm", ()), (what, order)):
        found[column] = pd.Categorical(found[column], list(categories) or found[column].unique())
    return found


def gains(accuracy: pd.DataFrame) -> list[Row]:
    """Return how much better models are than the base model that they come from, by measure, iteration and arm."""
    base = accuracy[accuracy["iteration"] == 0].drop(columns="iteration")
    pairs = accuracy[accuracy["iteration"] > 0].merge(base, on=["measure", "arm", "seed"], suffixes=("", "_reference"))
    return effects(changes(pairs), "measure", "iteration", "arm")


def steps(accuracy: pd.DataFrame) -> list[Row]:
    """Return what every iteration adds to the one before, paired by seed, by measure, iteration and arm."""
    before = accuracy.assign(iteration=accuracy["iteration"] + 1)
    pairs = accuracy.merge(before, on=["measure", "iteration", "arm", "seed"], suffixes=("", "_reference"))
    return effects(changes(pairs), "measure", "iteration", "arm")


def differences(accuracy: pd.DataFrame) -> list[Row]:
    """Return the differences between arms, paired by seed, with the p value of the paired t test."""
    pairs = accuracy.merge(accuracy, on=["measure", "iteration", "seed"], suffixes=("", "_reference"))
    pairs = pairs[pairs["arm"].cat.codes < pairs["arm_reference"].cat.codes]
    named = changes(pairs).rename(columns={"arm": "first", "arm_reference": "second"})
    return effects(named, "iteration", "first", "second", "measure")
