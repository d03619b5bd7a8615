"""Scores that a model gives: read from the text it wrote, or the mean or the median over its probabilities."""

import math
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
    """Return the mean score by the probability of each, or None if too little is on scores.

    The probabilities are absolute: what they lack of 1 is the probability of text that is no score.
    Below `minimum_mass` on scores the answer counts as unparsable.
    """
    mass = _mass(probabilities, minimum_mass)
    return mass and sum(int(score) * probability for score, probability in probabilities.items()) / mass


def median_score(probabilities: Mapping[str, float], minimum_mass: float) -> int | None:
    """Return the median score, the higher of two, or None as `expected_score` does.

    It is the highest score that a sampled one reaches with a probability of at least one half, among texts that are
    scores: what lies on other texts is left out of the account. So it is above a threshold if and only if a score
    sampled as in the published code is so at least as often as not, where one is read at all.
    """
    mass = _mass(probabilities, minimum_mass)
    if mass is None:
        return None
    reached = 0.0
    scores = sorted(map(int, probabilities), reverse=True)
    for score in scores[:-1]:
        reached += probabilities[str(score)]
        if reached >= mass / 2 or math.isclose(reached, mass / 2):  # a tie is one whatever the last bits say
            return score
    return scores[-1]


def _mass(probabilities: Mapping[str, float], minimum_mass: float) -> float | None:
    """Return the probability of all scores together, or None if it is too little to go by."""
    mass = sum(probabilities.values())
    return mass if mass > 0 and mass >= minimum_mass else None
