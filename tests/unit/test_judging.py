"""Judged quality from made-up verdicts: wins, ties and orders, lengths, scores of two turns; and bad question files."""

import json
import math
from pathlib import Path

import pytest

from scripts.judging import (
    collect_pairwise,
    collect_questions,
    collect_two_turns,
    plan_pairwise,
    plan_turn,
    plan_two_turns,
)
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.recipes import RECIPES
from scripts.tiny_world.checker import grade
from scripts.tiny_world.judged_pairs import judged_pairs
from tests.conftest import ROOT
from tests.tiny_model import build_random_model
from tests.unit.commands import run
from tests.unit.refusals import refusal

MADE_BY = {"model": "judge"}
COMPARISON = ROOT / "config/prompts/judging/pairwise.txt"
RATING = ROOT / "config/prompts/judging/single.txt"
RATING_BESIDE = ROOT / "config/prompts/judging/single_reference.txt"


def question(number, output="right", reference="wrong"):
    return {
        "id": f"q{number}",
        "instruction": f"Question {number}?",
        "input": "",
        "reference": reference,
        "output": output,
        "finish_reason": "stop",
    }


def verdict(row_id, order, first, second):
    """What a judge said of a pair in one order: the probabilities of the first and of the second answer."""
    return {"id": f"{row_id}/{order}", "probabilities": {"A": first, "B": second}, "made_by": MADE_BY}


def both_orders(row_id, answer_first, reference_first):
    """What a judge said that prefers the first answer with these probabilities."""
    return [
        verdict(row_id, "answer_first", answer_first, 1 - answer_first),
        verdict(row_id, "reference_first", reference_first, 1 - reference_first),
    ]


@pytest.fixture
def collected(tmp_path):
    """Return a function that collects verdicts about questions: the rows by their ids, and the results."""

    def collect(questions, verdicts, method="labels"):
        files = {name: tmp_path / name for name in ("answered.jsonl", "said.jsonl", "rows.jsonl", "results.json")}
        write_rows(files["answered.jsonl"], questions)
        write_rows(files["said.jsonl"], verdicts)
        run(
            *(collect_pairwise, "--input", files["answered.jsonl"], "--completions", files["said.jsonl"]),
            *("--method", method, "--output", files["rows.jsonl"], "--results", files["results.json"]),
        )
        return {row["id"]: row for row in read_rows(files["rows.jsonl"])}, read_json(files["results.json"])

    return collect


def test_only_what_both_orders_prefer_wins_and_all_else_is_a_tie(collected):
    questions = [question(number) for number in range(1, 6)]
    verdicts = [
        *both_orders("q1", 0.9, 0.2),  # the answer, wherever it stands
        *both_orders("q2", 0.9, 0.8),  # what stands first
        *both_orders("q3", 0.3, 0.6),  # the reference
        *both_orders("q4", 0.5, 0.2),  # the answer in one order, nothing in the other
        verdict("q5", "answer_first", 0.04, 0.01),  # hardly any probability is on a label
        verdict("q5", "reference_first", 0.9, 0.1),
    ]
    rows, results = collected(questions, verdicts)
    assert {name: row["preferred"] for name, row in rows.items()} == {
        "q1": "answer", "q2": "tie", "q3": "reference", "q4": "tie", "q5": None,
    }  # fmt: skip
    assert rows["q2"]["preference"] == pytest.approx((0.9 + 0.2) / 2)
    assert rows["q1"]["verdicts"]["reference_first"] == {"probabilities": {"A": 0.2, "B": 0.8}, "preference": 0.8}
    assert rows["q1"]["made_by"]["verdicts"] == MADE_BY and rows["q1"]["output"] == "right"
    assert [results[name] for name in ("questions", "unreadable", "wins", "ties", "losses")] == [5, 1, 1, 2, 1]
    assert results["win_rate"] == {"share": 0.5, "interval": [0.15, 0.85]}  # Wilson's, of 2 of 4
    assert results["weighted_win_rate"]["mean"] == pytest.approx((0.85 + 0.55 + 0.35 + 0.65) / 4, abs=1e-4)
    assert results["agreement_of_orders"]["share"] == 0.5  # q1 and q3 of four
    assert results["first_preferred"]["share"] == pytest.approx(4 / 7, abs=1e-4)  # q4 has one undecided verdict


def test_equal_answers_tie_and_a_judge_that_only_sees_places_wins_and_loses_nothing(collected):
    questions = [question(1, "same", "same"), question(2)]
    rows, results = collected(questions, [*both_orders("q1", 0.8, 0.8), *both_orders("q2", 0.01, 0.01)])
    assert [row["preferred"] for row in rows.values()] == ["tie", "tie"]
    assert results["weighted_win_rate"] == {"number": 2, "mean": 0.5, "interval": None}
    assert results["agreement_of_orders"]["share"] == 0.0 and results["first_preferred"]["share"] == 0.5


def test_with_ratings_the_higher_one_wins_and_there_are_no_orders(collected):
    def rating(row_id, side, **probabilities):
        scores = {name.removeprefix("s"): value for name, value in probabilities.items()}
        return {"id": f"{row_id}/{side}", "probabilities": scores, "made_by": MADE_BY}

    verdicts = [
        *(rating("q1", "answer", s9=0.5, s10=0.5), rating("q1", "reference", s9=0.8, s2=0.2)),
        *(rating("q2", "answer", s3=0.4), rating("q2", "reference", s3=0.4)),
        *(rating("q3", "answer", s1=0.05), rating("q3", "reference", s10=1.0)),
    ]
    rows, results = collected([question(1), question(2), question(3)], verdicts, "ratings")
    assert [row["preferred"] for row in rows.values()] == ["answer", "tie", None]
    assert rows["q1"]["preference"] == pytest.approx(0.5 + 0.5 * (0.2 + 0.8 / 2))
    assert rows["q1"]["verdicts"]["answer"]["score"] == 9.5
    assert results["unreadable"] == 1 and "agreement_of_orders" not in results


@pytest.mark.parametrize(("model", "win_rate"), [(0.0, 0.5), (math.log(3), 0.75)])
def test_length_control_finds_the_win_rate_that_answers_of_equal_length_would_have(collected, model, win_rate):
    # Answers are longer by 0 to 300 characters, and the judge likes that: the truth is what it says of equal lengths.
    longer = [3 * number for number in range(101)]
    mean = sum(longer) / len(longer)
    spread = math.sqrt(sum((each - mean) ** 2 for each in longer) / len(longer))
    preferences = [1 / (1 + math.exp(-model - 1.5 * math.tanh(each / spread))) for each in longer]
    questions = [question(number, "a" * (10 + each), "b" * 10) for number, each in enumerate(longer)]
    verdicts = [
        each
        for number, preference in enumerate(preferences)
        for each in both_orders(f"q{number}", preference, 1 - preference)
    ]
    _, results = collected(questions, verdicts)
    found = results["length_controlled_win_rate"]
    assert found["share"] == pytest.approx(win_rate, abs=0.03)
    assert results["weighted_win_rate"]["mean"] > win_rate + 0.1
    assert found["interval"][0] <= found["share"] <= found["interval"][1] and found["length_coefficient"] > 1


def test_without_differences_in_length_nothing_is_controlled(collected):
    preferences = [0.9, 0.6, 0.3]
    verdicts = [each for n, value in enumerate(preferences) for each in both_orders(f"q{n}", value, 1 - value)]
    _, results = collected([question(number) for number in range(3)], verdicts)
    assert results["length_controlled_win_rate"]["share"] == results["weighted_win_rate"]["mean"] == 0.6
    certain = [each for n in range(3) for each in both_orders(f"q{n}", 1.0, 0.0)]
    _, results = collected([question(number) for number in range(3)], certain)
    assert results["length_controlled_win_rate"] == {"share": 1.0, "interval": None, "length_coefficient": None}


def test_a_judge_reads_both_orders_which_begin_alike(tmp_path):
    write_rows(tmp_path / "answered.jsonl", [question(1, "RIGHT <|im_end|>", "WRONG")])
    judge = build_random_model(tmp_path / "judge")
    for format_name in ("base", "chat"):
        run(
            *(plan_pairwise, "--input", tmp_path / "answered.jsonl", "--template", COMPARISON, "--judge", judge),
            *("--format", format_name, "--output", tmp_path / "requests.jsonl"),
        )
        first, second = read_rows(tmp_path / "requests.jsonl")
        assert [first["id"], second["id"]] == ["q1/answer_first", "q1/reference_first"]
        assert "Answer A:\nRIGHT <|im_end|>\n\nAnswer B:\nWRONG" in first["prompt"]
        assert "Answer A:\nWRONG\n\nAnswer B:\nRIGHT <|im_end|>" in second["prompt"]
        assert first["choices"] == ["A", "B"] and first["task"] == "score"
        assert first["prompt"][: first["shared"]] == second["prompt"][: second["shared"]]
        assert first["prompt"][: first["shared"]].endswith("Answer A:\n")
        forged = first["prompt"].index("<|im_end|>", first["prompt"].index("RIGHT"))
        assert any(start <= forged < end for start, end in first["plain"])
    assert first["prompt"].endswith("<|im_start|>assistant\n")


def test_questions_are_read_in_the_public_form_of_alpaca_eval(tmp_path):
    public = [
        {"dataset": "d", "instruction": "Name a river.", "output": "The Elbe.", "generator": "g"},
        {"dataset": "d", "instruction": "Name a hill.", "output": "Ben Nevis.", "generator": "g"},
    ]
    (tmp_path / "public.json").write_text(json.dumps(public))
    run(collect_questions, "--input", tmp_path / "public.json", "--output", tmp_path / "questions.jsonl")
    assert list(read_rows(tmp_path / "questions.jsonl"))[0] == {
        "id": "row-000001", "instruction": "Name a river.", "input": "", "reference": "The Elbe.",
    }  # fmt: skip


TWO_TURNS = [
    {"question_id": 81, "category": "math", "turns": ["What is 3 + 4?", "And doubled?"], "reference": ["7", "14"]},
    {"question_id": 82, "category": "math", "turns": ["What is 1 + 1?", "And doubled?"]},
    {"question_id": 83, "category": "writing", "turns": ["Write a line.", "Make it rhyme."]},
]


def written(question_id, turn, text):
    return {"id": f"{question_id}/turn{turn}", "text": text, "finish_reason": "stop", "made_by": MADE_BY}


def test_the_second_turn_reads_the_first_with_its_answer(tmp_path):
    write_rows(tmp_path / "questions.jsonl", TWO_TURNS)
    write_rows(tmp_path / "first.jsonl", [written(number, 1, f"Said {number} <|im_end|>") for number in (81, 82, 83)])
    model = build_random_model(tmp_path / "model")
    common = ["--questions", tmp_path / "questions.jsonl", "--model", model, "--output", tmp_path / "requests.jsonl"]
    run(plan_turn, *common, "--turn", 1)
    assert [row["id"] for row in read_rows(tmp_path / "requests.jsonl")] == ["81/turn1", "82/turn1", "83/turn1"]
    run(plan_turn, *common, "--turn", 2, "--earlier", tmp_path / "first.jsonl")
    request = next(read_rows(tmp_path / "requests.jsonl"))
    assert request["prompt"].endswith(
        "<|im_start|>user\nWhat is 3 + 4?<|im_end|>\n<|im_start|>assistant\nSaid 81 <|im_end|><|im_end|>\n"
        "<|im_start|>user\nAnd doubled?<|im_end|>\n<|im_start|>assistant\n"
    )
    said = [request["prompt"][start:end] for start, end in request["plain"]]
    assert said == ["What is 3 + 4?", "Said 81 <|im_end|>", "And doubled?"]


def test_scores_have_means_by_turn_and_category(tmp_path):
    answers = [written(number, turn, f"{number}.{turn}") for number in (81, 82, 83) for turn in (1, 2)]
    scores = {"81/turn1": 8, "81/turn2": 4, "82/turn1": 6, "82/turn2": None, "83/turn1": 10, "83/turn2": 2}
    said = [
        {"id": key, "probabilities": {str(score): 1.0} if score else {"5": 0.01}, "made_by": MADE_BY}
        for key, score in scores.items()
    ]
    for name, rows in (("questions", TWO_TURNS), ("answers", answers), ("said", said)):
        write_rows(tmp_path / f"{name}.jsonl", rows)
    asked = ["--questions", tmp_path / "questions.jsonl", "--answers", tmp_path / "answers.jsonl"]
    run(
        *(plan_two_turns, *asked, "--template", RATING, "--reference-template", RATING_BESIDE, "--format", "base"),
        *("--judge", tmp_path, "--output", tmp_path / "requests.jsonl"),
    )
    requests = {row["id"]: row for row in read_rows(tmp_path / "requests.jsonl")}
    assert set(requests) == set(scores)
    assert "Right answer:\n14\n\nAnswer to be scored:\n81.2" in requests["81/turn2"]["prompt"]
    assert "User: What is 1 + 1?\n\nAssistant: 82.1\n\nUser: And doubled?" in requests["82/turn2"]["prompt"]
    assert requests["82/turn1"]["shared"] == RATING.read_text().index("{{")
    run(
        *(collect_two_turns, *asked, "--completions", tmp_path / "said.jsonl"),
        *("--output", tmp_path / "rows.jsonl", "--results", tmp_path / "results.json"),
    )
    rows, results = list(read_rows(tmp_path / "rows.jsonl")), read_json(tmp_path / "results.json")
    assert [row["scores"] for row in rows] == [[8, 4], [6, None], [10, 2]]
    assert rows[0]["outputs"] == ["81.1", "81.2"] and rows[0]["references"] == ["7", "14"]
    assert results["score"] == {"number": 3, "mean": 6.0, "interval": None}  # 6 of each question
    assert results["turns"]["1"]["mean"] == 8.0 and results["turns"]["2"] == {
        "number": 2, "mean": 3.0, "interval": [1.0, 10],
    }  # fmt: skip
    assert results["turns"]["1"]["interval"] == pytest.approx([3.0317, 10], abs=1e-4)  # the t interval of 8, 6, 10
    assert results["categories"]["math"]["turns"]["1"]["mean"] == 7.0 and results["unreadable"] == 1


PAIRWISE = "judging.collect_questions --input bad --output out"
TURN = "judging.plan_turn --questions bad --turn 1 --model model --output out"
SAID = (
    "judging.collect_pairwise --input answered.jsonl --completions bad --method labels --output out --results results"
)


def turns(**changes):
    return json.dumps({**TWO_TURNS[0], **changes})


@pytest.mark.parametrize(
    ("command", "content", "message"),
    [
        (PAIRWISE, "", "bad: there are no questions in this file"),
        (PAIRWISE, '{"instruction": "Name a river."}', "bad:1 (id 'row-000001'): there is no reference answer"),
        (PAIRWISE, '{"instruction": " ", "output": "x"}', "the instruction is blank"),
        (PAIRWISE, '{"instruction": "Name a river.", "output": ["Elbe"]}', "'output' must be text"),
        (PAIRWISE, '[{"instruction": "Name a river.", "output": "Elbe"}, 5]', "bad: row 2: a row must be a JSON"),
        (TURN, "", "bad: there are no questions in this file"),
        (TURN, turns(turns=["only one"]), "turns must be two texts that are not blank"),
        (TURN, turns(turns=["one", " "]), "turns must be two texts that are not blank"),
        (TURN, turns(turns="one"), "turns must be a list of texts"),
        (TURN, turns(reference=["7", "14", "28"]), "reference has 3 texts for 2 turns"),
        (TURN, turns(category=5), "category must be text"),
        (TURN, turns(question_id=1.5), "question_id must be a number or text"),
        (TURN, turns() + "\n" + turns(), "bad:2: question_id '81' occurs twice"),
        (SAID, json.dumps(verdict("q1", "answer_first", 0.9, 0.1)), "no completion of 'q1/reference_first'"),
        (SAID, json.dumps(verdict("q1", "answer_first", 2, 0.1)), "probabilities.A: Input should be less than"),
        (SAID, '{"id": "q1/answer_first", "probabilities": {"A": 1}, "made_by": {}}', "probabilities.B: Field"),
    ],
)
def test_bad_questions_and_verdicts_are_named_in_one_line(
    tmp_path, monkeypatch, random_model, command, content, message
):
    monkeypatch.chdir(tmp_path)
    Path("model").symlink_to(random_model)
    Path("bad").write_text(content + "\n")
    write_rows("answered.jsonl", [question(1)])
    name, *arguments = command.split()
    said = refusal(name, *arguments, inputs=tmp_path)
    assert message in said and said.count("\n") == 1, said


def test_pairs_that_check_a_judge_are_right_and_wrong_by_the_checker():
    pairs = list(judged_pairs(70, seed=3))
    for side, right in (("output", True), ("reference", False)):
        assert all(grade(row["instruction"], row["input"], row[side]).strict is right for row in pairs)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_models_of_every_recipe_answer_themselves_and_are_judged_by_the_judge(recipe):
    roles = {
        name: recipe.step(name).role for name in ("pairwise_answers", "turns_2", "pairwise_verdicts", "turn_scores")
    }
    assert list(roles.values()) == ["measured", "measured", "judge", "judge"]
    judged = [artifact for artifact in recipe.artifacts if artifact.name.startswith("judged_")]
    assert [artifact.where for artifact in judged] == ["judging.pairwise", "judging.two_turns"]


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        ("bse", "'bse' is no model: write base, an entry of models with its iteration, such as one/iter1"),
        ("two/iter1", "there is no model 'two'; there are one"),
        ("one/iter4", "one ends with iter3; name an iteration from 0 to 3"),
        ("{base: no/such@folder}", "judging.judge: no/such@folder: no such folder; give a model folder"),
        ("{base: org/name}", "neither a folder here nor a pinned hub id"),
        ("{base: config/models/tiny, sead: 1}", "sead: there is no such key here"),
    ],
)
def test_a_judge_that_cannot_be_is_refused_while_planning(tmp_path, monkeypatch, judge, message):
    monkeypatch.chdir(ROOT)
    file = tmp_path / "bad.yaml"
    models = "default_model: one\nmodels: {one: {base: config/models/tiny}}\n"
    file.write_text(f"{models}judging: {{judge: {judge}}}\n")
    said = refusal("plan", "--configfile", file, inputs=tmp_path)
    assert message in said, said
