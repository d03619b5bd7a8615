"""AutoIF from prompts to pairs: queries drawn, answers verified in the sandbox, scored, selected and paired."""

import pytest

from scripts.autoif import (
    collect_responding,
    collect_scoring,
    draw_prompts,
    make_pairs,
    plan_online,
    plan_responding,
    plan_scoring,
    select_by_score,
    verify_responses,
)
from scripts.lib.engines.requests import read_requests
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.unit.refusals import refusal
from tests.unit.rejected_rows import verdict_of

MADE_BY = {"model": "0123", "engine": "transformers", "seed": 7}
SHORT = "def evaluate(response):\n    return len(response.split()) <= 3"
RAISES = "def evaluate(response):\n    return int(response) > 3"
LOWER = "def evaluate(response):\n    return response == response.lower()"
FUNCTIONS = [
    {"id": "c1/1", "instruction_id": "c1", "instruction": "use at most three words", "function": SHORT, "cases": []},
    {"id": "c1/2", "instruction_id": "c1", "instruction": "use at most three words", "function": RAISES, "cases": []},
    {"id": "c2/1", "instruction_id": "c2", "instruction": "Write no capitals.", "function": LOWER, "cases": []},
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command, *arguments):
    command.main(command.parser().parse_args(list(map(str, arguments))))


def draw(queries, *more):
    write_rows("functions.jsonl", FUNCTIONS)
    write_rows("queries.jsonl", queries)
    files = ["--functions", "functions.jsonl", "--queries", "queries.jsonl"]
    files += ["--output", "prompts.jsonl", "--rejected", "prompts_rejected.jsonl", "--counts", "counts.json"]
    run(draw_prompts, *files, *more)
    return list(read_rows("prompts.jsonl"))


QUERIES = [
    *({"id": f"q{number}", "instruction": f"Where is city number {number}?"} for number in range(9)),
    {"id": "chat", "conversations": [{"from": "human", "value": "tell me about a river"}]},
    {"id": "20", "instruction": "x" * 20},
    {"id": "300", "instruction": "x" * 300},
]


def test_each_instruction_draws_its_own_queries_of_the_right_length():
    rows = draw(QUERIES, "--per-instruction", 10)
    assert [row["constraint_id"] for row in rows] == ["c1"] * 10 + ["c2"] * 10
    assert {row["id"]: row for row in rows}["c1/chat"] == {
        "id": "c1/chat",
        "instruction": "Tell me about a river. Use at most three words.",
        "input": "",
        "query": "tell me about a river",
        "constraint": "use at most three words",
        "constraint_id": "c1",
    }
    rejected = {row["id"]: row["rejected"]["rule"] for row in read_rows("prompts_rejected.jsonl")}
    assert rejected == {"20": "short_query", "300": "long_query"}
    assert read_json("counts.json") == {"in": 22, "kept": 20, "rejected": {"short_query": 1, "long_query": 1}}

    def drawn(*more):
        return [row["id"] for row in draw(QUERIES, "--per-instruction", 4, *more)]

    assert drawn() == drawn() != drawn("--seed", 2)
    assert len(set(drawn())) == 8


def test_more_queries_than_there_are_is_an_error(folder):
    write_rows("in/functions.jsonl", FUNCTIONS)
    write_rows("in/queries.jsonl", QUERIES)
    given = ["--functions", "in/functions.jsonl", "--queries", "in/queries.jsonl", "--per-instruction", 11]
    said = refusal(
        "autoif.draw_prompts",
        *given,
        "--output",
        "out",
        "--rejected",
        "no",
        inputs=folder / "in",
        output=folder / "out",
    )
    assert "in/queries.jsonl: 10 of 12 queries have from 21 to 299 characters, and 11 are needed" in said


PROMPT = {
    "id": "c1/q1",
    "instruction": "Where is Rome? Use at most three words.",
    "input": "",
    "query": "Where is Rome?",
    "constraint": "use at most three words",
    "constraint_id": "c1",
}


def test_a_prompt_is_answered_several_times_each_by_a_seed_of_its_own(folder, base):
    write_rows("prompts.jsonl", [PROMPT])
    (folder / "template.txt").write_text("{{constraint}} | {{query}}\n")
    asked = ["--input", "prompts.jsonl", "--model", base, "--output", "requests.jsonl", "--samples", 3]
    run(plan_responding, *asked, "--template", "template.txt", "--format", "base")
    supervised = list(read_requests("requests.jsonl"))
    run(plan_online, *asked)
    online = list(read_requests("requests.jsonl"))
    for requests in (supervised, online):
        assert [request.id for request in requests] == ["c1/q1/1", "c1/q1/2", "c1/q1/3"]
        assert len({request.seed for request in requests}) == 3
        assert len({request.prompt for request in requests}) == 1
    assert supervised[0].prompt == "use at most three words | Where is Rome?\n"
    assert PROMPT["instruction"] in online[0].prompt
    assert {request.temperature for request in online} == {0.8}

    written = [
        {"id": request.id, "text": f"answer {number}", "finish_reason": "stop", "made_by": MADE_BY}
        for number, request in enumerate(online)
    ]
    write_rows("completions.jsonl", reversed(written))
    files = ["--input", "prompts.jsonl", "--completions", "completions.jsonl", "--output", "outputs.jsonl"]
    run(collect_responding, *files, "--samples", 3, "--counts", "counts.json")
    rows = list(read_rows("outputs.jsonl"))
    assert [row["output"] for row in rows] == ["answer 0", "answer 1", "answer 2"]
    assert rows[2] == PROMPT | {
        "id": "c1/q1/3",
        "prompt_id": "c1/q1",
        "output": "answer 2",
        "finish_reason": "stop",
        "made_by": {"output": MADE_BY},
    }
    assert read_json("counts.json") == {"in": 3, "kept": 3, "rejected": {}}


def answers(prompt_id, constraint_id, *texts):
    return [
        PROMPT | {"id": f"{prompt_id}/{number}", "prompt_id": prompt_id, "constraint_id": constraint_id, "output": text}
        for number, text in enumerate(texts, start=1)
    ]


def verify(filter_rows, rows, *more, functions=FUNCTIONS):
    write_rows("functions.jsonl", functions)
    return filter_rows(verify_responses, rows, "--functions", "functions.jsonl", "--workers", 1, *more)


OUTPUTS = [
    *answers("c1/q1", "c1", "in Italy", "5", "it is in the middle of Italy", "2"),
    *answers("c2/q1", "c2", "italy", "Italy"),
    *answers("c1/q2", "c1", "over there"),
]


def test_answers_are_kept_by_the_functions_that_decide(filter_rows):
    out = verify(filter_rows, OUTPUTS)
    assert {row["id"]: (row["verdicts"], row["accuracy"]) for row in out.kept} == {
        "c1/q1/1": ({"true": 1, "false": 0, "undecided": 1}, 1.0),
        "c1/q1/2": ({"true": 2, "false": 0, "undecided": 0}, 1.0),
        "c2/q1/1": ({"true": 1, "false": 0, "undecided": 0}, 1.0),
        "c1/q2/1": ({"true": 1, "false": 0, "undecided": 1}, 1.0),
    }
    assert {row["id"]: verdict_of(row) for row in out.rejected} == {
        "c1/q1/3": {"rule": "not_followed", "accuracy": 0.0, "threshold": 0.5},
        "c1/q1/4": {"rule": "not_followed", "accuracy": 0.5, "threshold": 0.5},
        "c2/q1/2": {"rule": "not_followed", "accuracy": 0.0, "threshold": 0.5},
    }
    assert out.counts["verdicts"] == {"true": 6, "false": 3, "error": 3}
    assert "c1/q1/4" in [row["id"] for row in verify(filter_rows, OUTPUTS, "--threshold", 0).kept]


def test_what_no_function_decides_is_undecided_and_only_as_published_a_negative(filter_rows):
    functions = [FUNCTIONS[1], FUNCTIONS[2]]
    apart = verify(filter_rows, OUTPUTS, functions=functions)
    assert [row["id"] for row in apart.rejected if row["rejected"]["rule"] == "undecided"] == [
        *("c1/q1/1", "c1/q1/3", "c1/q2/1"),
    ]
    published = verify(filter_rows, OUTPUTS, "--undecided", "not_followed", functions=functions)
    assert published.counts["rejected"] == {"not_followed": 5}


def published_rows(functions, *texts):
    prompt = "Please answer the query.\n[instruction] use at most three words\n[Query] where is Rome"
    asked = {"instruction": "use at most three words", "prompt": prompt, "gpt-answer": list(texts)}
    return [asked | {"eval_func": [[source, 0.9] for source in functions]}]


def test_published_rows_bring_their_functions_and_answers(filter_rows):
    rows = published_rows([SHORT, RAISES], "in Italy", "it is in Italy, of course")
    out = filter_rows(verify_responses, [*rows, *rows], "--workers", 1)
    assert [row["id"] for row in out.kept] == ["row-000001/1", "row-000002/1"]
    assert out.kept[0]["instruction"] == "Where is Rome. Use at most three words."
    assert out.counts["rejected"] == {"not_followed": 2}


def test_an_error_says_which_functions_are_missing(folder):
    write_rows("in/outputs.jsonl", OUTPUTS)
    write_rows("in/functions.jsonl", FUNCTIONS[:2])
    files = ["--input", "in/outputs.jsonl", "--output", "out", "--rejected", "no", "--workers", 1]
    refused = ["autoif.verify_responses", *files]
    where = {"inputs": folder / "in", "output": folder / "out"}
    assert "so give --functions" in refusal(*refused, **where)
    assert "verifies the instruction 'c2'" in refusal(*refused, "--functions", "in/functions.jsonl", **where)


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
