"""AutoIF from prompts to verified answers: queries drawn, answers asked for, functions run in the sandbox."""

import pytest

from scripts.autoif import (
    collect_responding,
    draw_prompts,
    plan_online,
    plan_responding,
    verify_responses,
)
from scripts.lib.engines.requests import read_requests
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.unit.autoif_answers import FUNCTIONS, OUTPUTS, PROMPT, RAISES, SHORT, verify
from tests.unit.autoif_steps import MADE_BY
from tests.unit.commands import run
from tests.unit.refusals import refusal
from tests.unit.rejected_rows import verdict_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
