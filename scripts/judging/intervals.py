"""Shares and means with their 95 % intervals, and a win rate without what the length of answers does to it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import norm, ttest_1samp
from sklearn.linear_model import LogisticRegression

DIGITS = 4
LEVEL = 0.95
Z = float(norm.ppf((1 + LEVEL) / 2))

LENGTH_PENALTY = 0.01
"""L2 penalty on the length coefficient: just enough for one to exist where length tells wins from losses without fail.

AlpacaEval chooses its own by cross-validation, for which a few dozen questions are too few; a larger one would leave
part of what length does in the win rate.
"""


def share_of(wins: float, total: int) -> dict[str, Any]:
    """Return a share (`wins` may count ties as half) and its Wilson interval; both null where there is nothing.

    With halves, the interval is wider than it need be: a tie varies less than a win and a loss.
    """
    if not total:
        return {"share": None, "interval": None}
    share, spread = wins / total, Z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    ends = [_rounded(max(0.0, middle - half)), _rounded(min(1.0, middle + half))]
    return {"share": _rounded(share), "interval": ends}


def mean_of(values: Sequence[float], low: float, high: float) -> dict[str, Any]:
    """Return number, mean and t interval of values that lie between `low` and `high`; the latter are null for no value.

    There is no interval either where nothing varies: what a single value could have been, nobody can tell.
    """
    if not values:
        return {"number": 0, "mean": None, "interval": None}
    mean = float(np.mean(values))
    interval: list[float] | None = None
    if min(values) < max(values):
        found = ttest_1samp(values, 0.0).confidence_interval(LEVEL)
        interval = [_rounded(max(low, found.low)), _rounded(min(high, found.high))]
    return {"number": len(values), "mean": _rounded(mean), "interval": interval}


def length_controlled(preferences: Sequence[float], longer_by: Sequence[int]) -> dict[str, Any]:
    """Return the win rate that answers would have if all were as long as their references.

    AlpacaEval 2's idea (Dubois et al. 2024, arXiv 2404.04475, section 3): the preference for the answer is modelled as
    sigmoid(model + length * tanh(d / sd(d))), d being by how many characters it is longer, and what is left with the
    length term at zero is reported. Their third term, how hard each instruction is, comes from the verdicts on all
    models of their leaderboard; it is left out here. The interval is that of a fractional logistic regression
    (Papke and Wooldridge 1996), whose errors need not be those of a yes or no. Where all preferences are 0, or
    all 1, no regression has an answer: that share is returned without an interval.
    """
    wanted, longer = np.asarray(preferences, dtype=float), np.asarray(longer_by, dtype=float)
    if not len(wanted):
        return {"share": None, "interval": None, "length_coefficient": None}
    if wanted.min() == wanted.max() and wanted[0] in (0.0, 1.0):
        return {"share": _rounded(wanted[0]), "interval": None, "length_coefficient": None}
    spread = longer.std()
    terms = np.tanh(longer / spread) if spread else np.zeros_like(longer)
    model, length = _fitted(wanted, terms)
    error = _standard_error(wanted, terms, model, length)
    ends = [_rounded(expit(model + sign * Z * error)) for sign in (-1, 1)]
    return {"share": _rounded(expit(model)), "interval": ends, "length_coefficient": _rounded(length)}


def _fitted(wanted: np.ndarray, terms: np.ndarray) -> tuple[float, float]:
    """Return intercept and length coefficient; a preference of 0.7 is 0.7 of a win and 0.3 of a loss."""
    regression = LogisticRegression(C=1 / LENGTH_PENALTY, tol=1e-8, max_iter=1000)
    features = np.concatenate([terms, terms])[:, None]
    won = np.repeat([1, 0], len(terms))
    regression.fit(features, won, sample_weight=np.concatenate([wanted, 1 - wanted]))
    return float(regression.intercept_[0]), float(regression.coef_[0, 0])


def _standard_error(wanted: np.ndarray, terms: np.ndarray, model: float, length: float) -> float:
    """Return the robust standard error of the intercept: the sandwich of slopes and squared residuals."""
    features = np.stack([np.ones_like(terms), terms], axis=1)
    expected = expit(model + length * terms)
    curvature = (features * (expected * (1 - expected))[:, None]).T @ features + np.diag([0.0, LENGTH_PENALTY])
    scores = features * (wanted - expected)[:, None]
    inverse = np.linalg.inv(curvature)
    return float(np.sqrt((inverse @ (scores.T @ scores) @ inverse)[0, 0]))


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)
