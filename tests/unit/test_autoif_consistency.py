"""AutoIF's back-translations and what contradicts an instruction, through the command lines."""

import pytest

from scripts.autoif import collect_back_translation, collect_consistency, plan_back_translation, plan_consistency
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.unit.autoif_steps import MADE_BY, function_row, least_words, written
from tests.unit.commands import run
from tests.unit.refusals import refusal
from tests.unit.rejected_rows import verdict_of

FUNCTIONS = [function_row("a", n, least_words(n), ("x", False)) for n in (1, 2, 3)]
FUNCTIONS.append(function_row("b", 1, least_words(9), ("x", False)))


def asked(folder, command, rows, template, *more):
    write_rows(folder / "rows.jsonl", rows)
    files = ["--input", folder / "rows.jsonl", "--output", folder / "requests.jsonl", "--template", template]
    run(command, *files, "--model", "unread", "--format", "base", *more)
    return list(read_rows(folder / "requests.jsonl"))


def test_the_first_functions_of_each_instruction_are_translated_back(root, tmp_path, filter_rows):
    template = root / "config/prompts/autoif/back_translation.txt"
    requests = asked(tmp_path, plan_back_translation, FUNCTIONS, template, "--functions", 2)
    assert [request["id"] for request in requests] == ["a/1", "a/2", "b/1"]
    assert least_words(2) in requests[1]["prompt"]
    texts = {"a/1": '\n "Use a word." \nThat is all.', "a/2": "Use two words.", "b/1": " \n"}
    completions = written(tmp_path / "completions.jsonl", texts)
    found = filter_rows(collect_back_translation, FUNCTIONS, "--completions", completions, "--functions", 2)
    said = {row["id"]: row["back_translation"] for row in found.kept}
    assert said == {"a/1": "Use a word.", "a/2": "Use two words.", "a/3": None}
    assert [(row["id"], verdict_of(row)["rule"]) for row in found.rejected] == [("b/1", "not_translated")]
    assert [list(row.get("made_by", {})) for row in found.kept] == [["back_translation"], ["back_translation"], []]


TRANSLATED = [{**row, "back_translation": None if row["id"] == "a/3" else f"As {row['id']}."} for row in FUNCTIONS]


def labels(folder, **most_probable):
    """Completions in which a label has most of the probability, by the id of the function."""
    rows = [
        {
            "id": row["id"],
            "probabilities": dict.fromkeys(("entailment", "neutral", "contradiction"), 0.1)
            | {most_probable.get(row["id"].replace("/", ""), "entailment"): 0.5},
            "made_by": MADE_BY,
        }
        for row in TRANSLATED
        if row["back_translation"]
    ]
    write_rows(folder / "completions.jsonl", rows)
    return ["--completions", folder / "completions.jsonl"]


def test_a_label_is_asked_for_of_each_function_that_was_translated(root, tmp_path):
    requests = asked(tmp_path, plan_consistency, TRANSLATED, root / "config/prompts/autoif/consistency.txt")
    assert [request["id"] for request in requests] == ["a/1", "a/2", "b/1"]
    assert requests[0]["choices"] == ["entailment", "neutral", "contradiction"]
    assert "Instruction a." in requests[1]["prompt"] and "As a/2." in requests[1]["prompt"]
    shared = requests[0]["shared"]
    assert shared > 0 and len({request["prompt"][:shared] for request in requests}) == 1


@pytest.mark.parametrize(
    ("drop", "kept", "rules"),
    [
        ("instruction", ["b/1"], ["sibling_contradicted", "contradicted", "sibling_contradicted"]),
        ("function", ["a/1", "a/3", "b/1"], ["contradicted"]),
    ],
)
def test_a_contradiction_drops_the_instruction_or_the_function_alone(tmp_path, filter_rows, drop, kept, rules):
    given = labels(tmp_path, a2="contradiction", b1="neutral")
    found = filter_rows(collect_consistency, TRANSLATED, *given, "--drop", drop)
    assert [row["id"] for row in found.kept] == kept
    assert [verdict_of(row)["rule"] for row in found.rejected] == rules
    said = {row["id"]: row["consistency"] for row in found.kept}
    assert said["b/1"] == {"entailment": 0.1, "neutral": 0.5, "contradiction": 0.1}
    assert said.get("a/3") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"back_translation": 3}, "'back_translation' must be text or null, but is 3"),
        ({"id": "c/1"}, "no completion of"),
    ],
)
def test_a_bad_row_is_named(tmp_path, change, message):
    given = tmp_path / "given"
    given.mkdir()
    options = labels(given)
    write_rows(given / "in.jsonl", [TRANSLATED[0] | change])
    files = ["--input", given / "in.jsonl", "--output", tmp_path / "out.jsonl", "--rejected", tmp_path / "no.jsonl"]
    output = tmp_path / "out.jsonl"
    assert message in refusal("autoif.collect_consistency", *files, *options, inputs=given, output=output)
