"""Scores are read from text exactly as published, and expected over probabilities."""

import random
import re

import pytest

from scripts.lib.engines.scores import DECIDED, expected_score, parse_score


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("9||good", 9),
        ("<9>||ok", 9),
        ("**10**||", 10),
        ("8.5", 8),
        ("9.5", 10),
        ("7.5", 8),
        ("10.5", 10),
        ("-5", 5),
        ("10/10", 10),
        ("1-10", 1),
        ("0", None),
        ("100", None),
        ("Score: 9||", None),
        ("nine||", None),
        ("", None),
        (" \n\t7", 7),
        ("0.5", None),
        ("0.6", 1),
        ("10.6", None),
        ("9" * 400, None),
    ],
)
def test_parses_as_published(text, score):
    assert parse_score(text) == score


def test_a_decided_rating_keeps_its_score_whatever_follows():
    rng = random.Random(1)
    decided = 0
    for _ in range(20_000):
        text = "".join(rng.choices("10 9.|<a_-\n", k=rng.randint(0, 8)))
        rest = "".join(rng.choices("10 9.|<a_-\n", k=rng.randint(0, 8)))
        if re.match(DECIDED, text):
            decided += 1
            assert parse_score(text) == parse_score(text + rest), (text, rest)
    assert decided > 5_000


def test_expects_the_mean_over_what_is_on_scores():
    assert expected_score({"8": 0.25, "9": 0.25, "10": 0.5}, minimum_mass=0.1) == pytest.approx(9.25)
    assert expected_score({"2": 0.1, "10": 0.1}, minimum_mass=0.2) == pytest.approx(6)


def test_too_little_on_scores_is_no_score():
    assert expected_score({"8": 0.05, "9": 0.04}, minimum_mass=0.1) is None
    assert expected_score({"8": 0.0, "9": 0.0}, minimum_mass=0.0) is None
    assert expected_score({}, minimum_mass=0.0) is None
