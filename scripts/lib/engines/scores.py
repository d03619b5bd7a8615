"""Scores that a model gives: read from the text it wrote, or expected over its probabilities."""

import re
from collections.abc import Mapping

HIGHEST_SCORE = 10

SCORES = tuple(str(score) for score in range(1, HIGHEST_SCORE + 1))

DECIDED = r"\W*(?:[^\W\d]|\d+[^\d.]|\d+\.\D|\d+\.\d+\D)"
"""Matches a rating whose score no further text can change: the number is over, or something else stands first."""

_LEADING_NUMBER = re.compile(r"\W*(\d+(?:\.\d+)?)")


def parse_score(text: str) -> int | None:
    """Return the score a rating begins with, 1 to 10, or None if it begins with none.

    It is read exactly as I-SHEEP's published code reads it. Whatever is not a letter, digit or underscore may stand
    before the number, so "<9>||good" is 9, and "-5" is 5. Decimals are rounded half to even: 8.5 is 8, and 9.5 is 10.
    """
    match = _LEADING_NUMBER.match(text)
    if match is None:
        return None
    beyond_every_score = HIGHEST_SCORE + 1.0
    score = round(min(float(match[1]), beyond_every_score))  # no float overflow, however long the number
    return score if 1 <= score <= HIGHEST_SCORE else None


def expected_score(probabilities: Mapping[str, float], minimum_mass: float) -> float | None:
    """Return the mean score by the probability of each ("1" to "10"), or None if too little is on scores.

    The probabilities are absolute: what they lack of 1 is the probability of text that is no score.
    Below `minimum_mass` on scores the answer counts as unparsable.
    """
    mass = sum(probabilities.values())
    if mass <= 0 or mass < minimum_mass:
        return None
    return sum(int(score) * probability for score, probability in probabilities.items()) / mass
