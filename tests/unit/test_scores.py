"""Scores are read from text exactly as published, or are the mean or the median over probabilities."""

import random
import re

import pytest

from scripts.lib.engines.scores import DECIDED, expected_score, median_score, parse_score


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


def test_the_median_is_above_a_threshold_where_a_sampled_score_is_at_least_as_often_as_not():
    rng = random.Random(1)
    for _ in range(1000):
        weights = [rng.random() ** 4 for _ in range(10)]
        probabilities = {str(score): 0.9 * w / sum(weights) for score, w in enumerate(weights, start=1)}
        median = median_score(probabilities, minimum_mass=0.1)
        for threshold in range(11):
            above = sum(p for score, p in probabilities.items() if int(score) > threshold)
            assert (median > threshold) == (above >= 0.9 / 2)
    assert median_score({"8": 0.7, "9": 0.3}, 0.1) == 8
    assert expected_score({"8": 0.7, "9": 0.3}, 0.1) > 8
    assert median_score({"8": 0.25, "9": 0.25}, 0.1) == 9


@pytest.mark.parametrize("score", [expected_score, median_score])
def test_too_little_on_scores_is_no_score(score):
    assert score({"8": 0.05, "9": 0.04}, minimum_mass=0.1) is None
    assert score({"8": 0.0, "9": 0.0}, minimum_mass=0.0) is None
    assert score({}, minimum_mass=0.0) is None
