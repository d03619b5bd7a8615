"""AutoIF's functions, through the command lines: strict JSON, cross-validation, and what the authors' own rows give."""

import json
from collections import Counter

import pytest

from scripts.autoif import collect_verifiers, cross_validate, plan_verifiers
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.sandbox.running import MOST_RESPONSES
from tests.unit.autoif_steps import answer, function_row, least_words, written
from tests.unit.commands import run
from tests.unit.refusals import refusal
from tests.unit.rejected_rows import others_of, verdict_of

RIGHT = [("one two", True), ("one", False), ("", "False")]


def test_each_instruction_is_asked_about_several_times(root, tmp_path):
    write_rows(tmp_path / "in.jsonl", [{"id": n, "instruction": f"Use {n} words."} for n in ("two", "six")])
    template = root / "config/prompts/autoif/verifiers.txt"
    files = ["--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl", "--template", template]
    run(plan_verifiers, *files, "--model", "unread", "--format", "base", "--samples", 3)
    requests = list(read_rows(tmp_path / "out.jsonl"))
    assert [request["id"] for request in requests] == ["two/1", "two/2", "two/3", "six/1", "six/2", "six/3"]
    assert "Use six words." in requests[-1]["prompt"]
    assert len({request["seed"] for request in requests}) == 6


GOOD = answer(least_words(2), *RIGHT)
BARE = GOOD.removeprefix("```json\n").removesuffix("\n```")
ANSWERS = {
    GOOD: None,
    BARE: None,
    f"{BARE}\n```\nInstruction: another {{one}}": None,
    f"Some {{words}} first.\n{GOOD}\nI hope this helps.": None,
    "I cannot do that.": "no_json",
    GOOD.replace("true", "True"): "broken_json",
    GOOD.replace("\\n", "\n"): "broken_json",
    GOOD.replace('"cases"', '"tests"'): "no_cases",
    answer(least_words(2)): "no_cases",
    answer("def check(response): return True", *RIGHT): "no_function",
    answer(["def evaluate"], *RIGHT): "no_function",
    answer(least_words(2), *RIGHT, ("three", "yes")): "unusable_case",
    answer(least_words(2), *RIGHT, ("three", 1)): "unusable_case",
    answer(least_words(2), *RIGHT, (3, True)): "unusable_case",
    answer(least_words(2), *RIGHT, ("half \ud800", True)): "broken_json",
    "{" * 5000: "broken_json",
}


@pytest.mark.parametrize(("text", "rule"), ANSWERS.items(), ids=range(len(ANSWERS)))
def test_an_answer_is_read_as_strict_json_or_rejected_by_its_reason(tmp_path, filter_rows, text, rule):
    completions = written(tmp_path / "completions.jsonl", {"a/1": text, "a/2": GOOD})
    asked = [{"id": "a", "instruction": "Use two words.", "made_by": {"instruction": {"model": "4567"}}}]
    found = filter_rows(collect_verifiers, asked, "--completions", completions, "--samples", 2)
    assert [verdict_of(row)["rule"] for row in found.rejected] == ([rule] if rule else [])
    assert all(others_of(row)["answer"] == text for row in found.rejected)
    assert [row["id"] for row in found.kept] == (["a/2"] if rule else ["a/1", "a/2"])
    row = found.kept[0]
    assert row["function"] == least_words(2)
    assert [(case["input"], case["output"]) for case in row["cases"]] == RIGHT
    assert (row["instruction_id"], row["instruction"]) == ("a", "Use two words.")
    assert list(row["made_by"]) == ["instruction", "function"]


def test_an_answer_that_was_cut_off_says_so(tmp_path, filter_rows):
    completions = written(tmp_path / "completions.jsonl", {"a/1": GOOD[:-9], "a/2": GOOD}, "length")
    asked = [{"id": "a", "instruction": "Use two words."}]
    found = filter_rows(collect_verifiers, asked, "--completions", completions, "--samples", 2)
    assert [verdict_of(row)["rule"] for row in found.rejected] == ["cut_off_answer"]


def validated(filter_rows, rows, *options):
    return filter_rows(cross_validate, rows, "--workers", 1, *options)


def rejected(found):
    return {row["id"]: verdict_of(row) for row in found.rejected}


def test_cases_are_kept_by_functions_and_then_functions_by_cases(filter_rows):
    """Three functions, of which one is wrong, and cases that say true and false, one of them the wrong way."""
    rows = [
        function_row("a", 1, least_words(2), *RIGHT),
        function_row("a", 2, "def evaluate(response):\n    return ' ' in response", ("one two", True), ("six", True)),
        function_row("a", 3, "def evaluate(response):\n    return response == 'six'", ("two words", "true")),
        function_row("a", 4, least_words(2), *RIGHT),
        function_row("b", 1, "import os\nos._exit(0)\ndef evaluate(response): ...", ("x", True)),
    ]
    found = validated(filter_rows, rows)
    assert [row["id"] for row in found.kept] == ["a/1", "a/2"]
    for row in found.kept:
        cases = [(case["input"], case["output"]) for case in row["cases"]]
        assert cases == [("one two", True), ("one", False), ("", False), ("two words", True)]
        assert row["accuracy"] == 1
    assert rejected(found) == {
        "a/3": {"rule": "low_accuracy", "accuracy": 0.5, "verdicts": {"false": 4}},
        "a/4": {"rule": "duplicate_function", "of": "a/1"},
        "b/1": {"rule": "no_case_kept", "cases": 1},
    }


@pytest.mark.parametrize(
    ("options", "kept", "cases"),
    [
        ("", ["a/1", "a/2", "a/3"], 3),
        ("--function-accuracy 0.8", ["a/1"], 3),
        ("--function-accuracy 1 --function-bar from", ["a/1"], 3),
        ("--case-agreement 0.7", ["a/1", "a/2", "a/3"], 1),
        ("--least-functions 3 --least-cases 4", ["a/1", "a/2", "a/3"], 3),
        ("--least-functions 4", [], 0),
        ("--least-cases 5", [], 0),
    ],
)
def test_settings_say_which_cases_and_functions_are_kept(filter_rows, options, kept, cases):
    """Of the cases, the first three have 2, 2 and all 3 functions for them, and the last one none."""
    rows = [
        function_row("a", 1, least_words(2), ("a b", True), ("a", False)),
        function_row("a", 2, least_words(3), ("a b c", True)),
        function_row("a", 3, "def evaluate(response):\n    return True", ("a b c d", False)),
        *(function_row("z", n, f"{least_words(1)}  # {n}", *((f"{m}", True) for m in range(5))) for n in range(4)),
    ]
    found = [row for row in validated(filter_rows, rows, *options.split()).kept if row["instruction_id"] == "a"]
    assert [row["id"] for row in found] == kept
    assert all(len(row["cases"]) == cases for row in found)


def test_a_case_that_says_true_in_quotes_counts_as_the_setting_says(filter_rows):
    rows = [function_row("a", 1, least_words(2), ("one two", "True"), ("one", False))]
    typed, as_text = (validated(filter_rows, rows, "--comparison", name).kept[0] for name in ("typed", "as_text"))
    assert [case["output"] for case in typed["cases"]] == [True, False]
    assert [case["output"] for case in as_text["cases"]] == [False]


def test_many_cases_are_run_in_several_batches_and_verdicts_stay_with_their_functions(filter_rows):
    cases = [(f"word {number}", True) for number in range(MOST_RESPONSES + 200)]
    rows = [
        function_row(name, number, least_words(words), *cases)
        for name in ("a", "b", "c")
        for number, words in ((1, 2), (2, 99))
    ]
    found = validated(filter_rows, rows, "--case-agreement", 0.4)
    assert [row["id"] for row in found.kept] == ["a/1", "b/1", "c/1"]
    assert [len(row["cases"]) for row in found.kept] == [len(cases)] * 3


def published(filter_rows, shared_data):
    return filter_rows(collect_verifiers, list(read_rows(shared_data / "autoif/eval_func_rft.jsonl")))


def test_of_the_published_answers_37_of_40_are_json(filter_rows, shared_data):
    found = published(filter_rows, shared_data)
    assert found.counts == {"in": 40, "kept": 37, "rejected": {"broken_json": 3}}
    outputs = Counter(type(case["output"]) for row in found.kept for case in row["cases"])
    assert outputs == {bool: 96, str: 15}


@pytest.mark.parametrize(
    ("options", "functions", "cases"),
    [
        ("--comparison as_text --function-accuracy 0.8 --function-bar from", [2, 3, 0, 5, 7], [16, 13, 0, 13, 10]),
        ("--comparison as_text --function-accuracy 0.5 --function-bar above", [8, 4, 8, 7, 7], [16, 13, 21, 13, 10]),
        ("--comparison typed --function-accuracy 0.8 --function-bar from", [2, 3, 0, 5, 7], [19, 14, 0, 13, 15]),
        ("--comparison typed --function-accuracy 0.5 --function-bar above", [8, 4, 8, 7, 7], [19, 14, 24, 13, 15]),
    ],
)
def test_the_published_functions_are_kept_as_they_were_found_to_be(filter_rows, shared_data, options, functions, cases):
    """The published gate and agreement, by the comparison of the published code and by ours: ../shared/spec, C6."""
    gate = "--least-functions 3 --least-cases 10 --case-agreement 0"
    found = validated(filter_rows, published(filter_rows, shared_data).kept, *gate.split(), *options.split())
    kept = Counter(row["instruction_id"] for row in found.kept)
    lengths = {row["instruction_id"]: len(row["cases"]) for row in found.kept}
    names = [f"row-{number:06d}" for number in range(1, 6)]
    assert [kept[name] for name in names] == functions
    assert [lengths.get(name, 0) for name in names] == cases


BAD = [
    ({"function": None}, "in.jsonl:1 (id 'a/1'): 'function' must be text, but is null"),
    ({"cases": [{"input": "x", "output": 5}]}, "in.jsonl:1 (id 'a/1'): 'cases' must be a list of objects"),
    ({"cases": "none"}, "'cases' must be a list of objects with a text input"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_a_bad_row_is_named(tmp_path, change, message):
    assert message in refused(tmp_path, "cross_validate", [function_row("a", 1, least_words(2), *RIGHT) | change])


def test_functions_of_an_instruction_that_stand_apart_are_named(tmp_path):
    rows = [function_row(*place, least_words(2), *RIGHT) for place in (("a", 1), ("b", 1), ("a", 2))]
    assert "row 'a/2': functions of 'a' stand apart" in refused(tmp_path, "cross_validate", rows)


def test_rows_without_answers_and_without_completions_are_named(tmp_path):
    said = refused(tmp_path, "collect_verifiers", [{"id": "a", "instruction": "Use two words.", "gpt-answer": "{}"}])
    assert "row 'a' has no list of texts 'gpt-answer'" in said


def refused(folder, command, rows):
    given, output = folder / "given", folder / "out.jsonl"
    given.mkdir()
    (given / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    files = ["--input", given / "in.jsonl", "--output", output, "--rejected", folder / "rejected.jsonl"]
    return refusal(f"autoif.{command}", *files, inputs=given, output=output)
