"""The score filter: which rows it keeps, by scores, perplexity and density, and which it cannot decide about."""

import pytest

from scripts.isheep import score_filter
from scripts.lib.errors import UserError
from tests.unit.rejected_rows import verdict_of

SCORED = [
    {"id": "both", "scores": {"quality": 9, "following": 8.5}},
    {"id": "edge", "scores": {"quality": 8, "following": 10}},
    {"id": "flat", "quality_score": 10, "following_score": 8},
    {"id": "unscored", "scores": {"quality": 9, "following": None}},
    {"id": "unrated", "scores": {"quality": None, "following": 9}},
]


def test_scores_must_be_above_the_threshold(filter_rows):
    out = filter_rows(score_filter, SCORED)
    assert [row["id"] for row in out.kept] == ["both"]
    assert {row["id"]: verdict_of(row) for row in out.rejected} == {
        "edge": {"rule": "low_quality", "criterion": "quality", "score": 8, "threshold": 8},
        "flat": {"rule": "low_following", "criterion": "following", "score": 8, "threshold": 8},
        "unscored": {"rule": "unscored", "criterion": "following"},
        "unrated": {"rule": "unscored", "criterion": "quality"},
    }


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["--criteria", "quality"], ["both", "flat", "unscored"]),
        (["--criteria", "following"], ["both", "edge", "unrated"]),
        (["--threshold", "7.5"], ["both", "edge", "flat"]),
    ],
)
def test_criteria_and_threshold_choose_what_counts(filter_rows, arguments, kept):
    assert [row["id"] for row in filter_rows(score_filter, SCORED, *arguments).kept] == kept


@pytest.mark.parametrize("threshold", ["0", "-1"])
def test_no_threshold_needs_no_scores(filter_rows, threshold):
    assert len(filter_rows(score_filter, [*SCORED, {"id": "bare"}], "--threshold", threshold).kept) == 6


MEASURED = [
    {"id": "low", "cluster": 1, "perplexity": {"output": 7.5, "pair": 12.0}},
    {"id": "edge", "cluster": 1, "perplexity": {"output": 7.5, "pair": 50}},
    {"id": "lowest", "cluster": 1, "perplexity": {"output": 60.5, "pair": 11.0}},
    {"id": "none", "cluster": 2, "perplexity": {"output": None, "pair": None}},
    {"id": "alone", "cluster": 3, "perplexity": {"output": 99, "pair": 99}},
]


def test_perplexity_must_be_below_the_limit(filter_rows):
    out = filter_rows(score_filter, MEASURED, "--by", "perplexity")
    assert [row["id"] for row in out.kept] == ["low"]
    assert [row["rejected"]["rule"] for row in out.rejected] == [
        *["high_perplexity"] * 2,
        "no_perplexity",
        "high_perplexity",
    ]
    assert verdict_of(out.rejected[0]) == {"rule": "high_perplexity", "text": "pair", "perplexity": 50, "limit": 50}


def test_density_keeps_one_row_of_each_cluster_by_seed(filter_rows):
    chosen = [filter_rows(score_filter, MEASURED, "--by", "density", "--seed", seed).kept for seed in range(20)]
    assert all([row["cluster"] for row in rows] == [1, 2, 3] for rows in chosen)
    assert {rows[0]["id"] for rows in chosen} == {"low", "edge", "lowest"}
    assert filter_rows(score_filter, MEASURED, "--by", "density", "--seed", 0).kept == chosen[0]


def test_density_perplexity_keeps_the_lowest_of_each_cluster(filter_rows):
    out = filter_rows(score_filter, MEASURED, "--by", "density_perplexity")
    assert [row["id"] for row in out.kept] == ["lowest", "alone"]
    assert verdict_of(out.rejected[0]) == {"rule": "cluster_taken", "cluster": 1, "by": "lowest"}
    assert out.counts["rejected"] == {"cluster_taken": 2, "no_perplexity": 1}


@pytest.mark.parametrize(
    ("row", "arguments", "message"),
    [
        ({"id": "x"}, [], "row 'x' has neither scores.quality nor quality_score; rate the rows first"),
        ({"id": "x", "scores": {"quality": "9"}}, [], "scores.quality must be a number or null, not '9'"),
        ({"id": "x"}, ["--by", "perplexity"], r"row 'x' needs .perplexity.*measure it"),
        ({"id": "x"}, ["--by", "density"], r"row 'x' needs .cluster.*scripts.cluster_rows"),
        ({"id": "x", "quality_score": 9, "following_score": 1}, [], "low_following 1.*lower selection.threshold"),
    ],
)
def test_rows_that_cannot_be_scored_are_named_with_a_remedy(filter_rows, row, arguments, message):
    with pytest.raises(UserError, match="in.jsonl.*" + message):
        filter_rows(score_filter, [row], *arguments)
