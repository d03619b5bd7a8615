"""AutoIF from scores to pairs: answers scored, selected, and paired with those that functions reject."""

import pytest

from scripts.autoif import collect_scoring, make_pairs, plan_scoring, select_by_score
from scripts.lib.engines.requests import read_requests
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.unit.autoif_answers import FUNCTIONS, OUTPUTS, answers, verify
from tests.unit.autoif_steps import MADE_BY
from tests.unit.commands import run
from tests.unit.refusals import refusal
from tests.unit.rejected_rows import verdict_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def score(rows, completions, *more):
    write_rows("rows.jsonl", rows)
    write_rows("completions.jsonl", completions)
    files = ["--input", "rows.jsonl", "--completions", "completions.jsonl", "--output", "evaluated.jsonl"]
    run(collect_scoring, *files, "--counts", "counts.json", *more)
    return [row["score"] for row in read_rows("evaluated.jsonl")]


def test_scores_from_0_to_10_are_the_median_or_the_mean_of_what_the_model_would_say(folder, base):
    rows = answers("c1/q1", "c1", "in Italy", "5", "?")
    write_rows("rows.jsonl", rows)
    (folder / "template.txt").write_text("{{query}} {{constraint}} {{response}}\n")
    files = ["--input", "rows.jsonl", "--template", "template.txt", "--model", base, "--format", "base"]
    run(plan_scoring, *files, "--output", "requests.jsonl")
    asked = list(read_requests("requests.jsonl"))
    assert asked[0].prompt == "Where is Rome? use at most three words in Italy\n"
    assert asked[0].choices == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
    said = [{"0": 0.5, "10": 0.1}, {"7": 0.2, "10": 0.6}, {"8": 0.01}]
    completions = [
        {"id": request.id, "probabilities": each, "made_by": MADE_BY} for request, each in zip(asked, said, strict=True)
    ]
    assert score(rows, completions) == [0, 10, None]
    assert read_json("counts.json")["unparsable"] == {"relevance": 1}
    assert read_json("counts.json")["mean_scores"] == {"relevance": 5.0}
    assert score(rows, completions, "--score", "expected")[1] == pytest.approx(9.25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It answers well.\n\nScore: 9", 9),
        ("Score: 3 at first.\n**Score:** 9.5/10\n", 9.5),
        ("Score: {10}", 10),
        ("Score: 0.", 0),
        ("Score: 11", None),
        ("Score: -5", None),
        ("Score: 9\nbut who knows", None),
        ("9", None),
    ],
)
def test_a_written_score_stands_in_the_last_line(text, expected):
    completion = {"id": "c1/q1/1", "text": text, "finish_reason": "stop", "made_by": MADE_BY}
    assert score(answers("c1/q1", "c1", "in Italy"), [completion], "--score", "parsed") == [expected]


def test_the_published_scores_keep_as_many_rows_as_they_were_found_to(filter_rows, shared_data, folder):
    """Spec C6: 10 × 14, 9 × 2, 8 × 3 and 5 × 1; 16 above 8, as in the published query_score_filter, and 19 from 8."""
    run(collect_scoring, "--input", shared_data / "autoif/query_rft_score.jsonl", "--output", "evaluated.jsonl")
    rows = list(read_rows("evaluated.jsonl"))
    scores = [row["score"] for row in rows]
    assert {value: scores.count(value) for value in set(scores)} == {10: 14, 9: 2, 8: 3, 5: 1}
    above = filter_rows(select_by_score, rows, "--threshold", 8, "--bar", "above")
    assert [row["score"] for row in above.kept] == [value for value in scores if value > 8]
    assert len(above.kept) == 16
    assert len(filter_rows(select_by_score, rows, "--threshold", 8, "--bar", "from").kept) == 19


def test_a_row_without_a_score_is_rejected_as_unscored(filter_rows):
    out = filter_rows(select_by_score, [{"id": "a", "score": 9}, {"id": "b", "score": None}, {"id": "c", "score": 2}])
    assert [verdict_of(row)["rule"] for row in out.rejected] == ["unscored", "low_score"]


def pair(*more, kept="kept.jsonl"):
    files = ["--kept", kept, "--output", "pairs.jsonl", "--rejected", "rest.jsonl", "--counts", "counts.json"]
    run(make_pairs, *files, "--workers", 1, *more)
    return list(read_rows("pairs.jsonl"))


def test_pairs_are_made_of_what_verification_kept_and_rejected(filter_rows):
    rows = [row | {"made_by": {"output": {**MADE_BY, "seed": n}}} for n, row in enumerate(OUTPUTS)]
    verify(filter_rows, rows)
    pairs = pair("--rejected-answers", "rejected.jsonl")
    chosen = {("c1/q1", "in Italy"), ("c1/q1", "5"), ("c1/q1", "2"), ("c2/q1", "italy")}
    assert {(row["prompt_id"], row["output"]) for row in pairs} <= chosen
    assert [row["prompt_id"] for row in pairs] == ["c1/q1", "c1/q1", "c2/q1"]
    assert {row["rejected_output"] for row in pairs[:2]} == {"it is in the middle of Italy"}
    assert pairs[2]["made_by"] == {"output": {**MADE_BY, "seed": 4}, "rejected_output": {**MADE_BY, "seed": 5}}
    rest = [row["rejected"]["rule"] for row in read_rows("rest.jsonl")]
    assert sorted(rest) == ["no_partner", "not_drawn"]
    assert read_json("counts.json")["in"] == len(pairs) + len(rest)
    above = pair("--rejected-answers", "rejected.jsonl", "--bar", "above", "--most", 4)
    assert "2" not in {row["output"] for row in above}
    assert pair("--rejected-answers", "rejected.jsonl") == pairs


def test_an_undecided_answer_is_in_no_pair(filter_rows):
    rows = [OUTPUTS[1], OUTPUTS[2], *answers("c2/q9", "c2", "italy", "Italy")]
    functions = [FUNCTIONS[1], FUNCTIONS[2]]
    verify(filter_rows, rows, functions=functions)
    assert [row["prompt_id"] for row in pair("--rejected-answers", "rejected.jsonl")] == ["c2/q9"]
    verify(filter_rows, rows, "--undecided", "not_followed", functions=functions)
    assert [row["prompt_id"] for row in pair("--rejected-answers", "rejected.jsonl")] == ["c1/q1", "c2/q9"]


def test_test_cases_are_pairs_of_the_bare_instruction(filter_rows):
    cases = [
        {"input": "three short words", "output": True},
        {"input": "these are four words", "output": False},
        {"input": "9", "output": True},
    ]
    verify(filter_rows, OUTPUTS)
    write_rows("functions.jsonl", [row | {"cases": cases, "made_by": MADE_BY} for row in FUNCTIONS[:2]])
    pairs = pair("--rejected-answers", "rejected.jsonl", "--cases", "functions.jsonl")
    assert [(row["instruction"], row["output"], row["rejected_output"]) for row in pairs[3:]] in (
        [("Use at most three words.", first, "these are four words") for first in order]
        for order in (["three short words", "9"], ["9", "three short words"])
    )


def test_pairs_of_published_rows_are_at_most_two_times_two_of_a_query():
    positive, negative, half = ["yes", 1.0], ["no", 0.0], ["half", 0.4]
    write_rows(
        "published.jsonl",
        [
            {"query": "both", "response": [positive, positive, positive, negative, negative, half]},
            {"query": "two and one", "response": [positive, ["yes", 0.5], negative]},
            {"query": "one and one", "response": [positive, negative]},
            {"query": "positives", "response": [positive, positive]},
            {"query": "negatives", "response": [negative, negative]},
        ],
    )
    pairs = pair(kept="published.jsonl")
    assert [row["instruction"] for row in pairs] == [*["both"] * 4, *["two and one"] * 2, "one and one"]
    assert read_json("counts.json")["rejected"] == {"no_partner": 4, "not_drawn": 1, "half_followed": 1}


def test_answers_that_nobody_verified_make_no_pairs(folder):
    write_rows("in/kept.jsonl", [OUTPUTS[0] | {"accuracy": "high"}])
    files = ["--kept", "in/kept.jsonl", "--output", "out", "--rejected", "no"]
    said = refusal("autoif.make_pairs", *files, inputs=folder / "in", output=folder / "out")
    assert "in/kept.jsonl:1 (id 'c1/q1/1'): 'accuracy' must be a number from 0 to 1, or null, but is \"high\"" in said
