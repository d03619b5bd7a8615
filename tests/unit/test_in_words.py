"""A finished run in words: every number is the summary's, and a model that has fewer of them is told of as well."""

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import write_json
from scripts.report import in_words
from tests.unit.made_up_summaries import iteration, scored, summary, untested


def told(found, folder, capsys):
    """What the command prints of a summary, in one line."""
    file = folder / "results/self/summary.json"
    write_json(file, found)
    in_words.main(in_words.parser().parse_args(["--summary", str(file)]))
    return " ".join(capsys.readouterr().out.replace(f"{folder}/", "").split())


STAGES = {"outputs": 240, "rule_filtered": 200, "score_filtered": 50}
WHOLE = summary("self", 1, shares=(0.4, 0.5), iterations=[iteration(number, stages=STAGES) for number in (1, 2)])
TRAINED = {"prompts": 240, "score_filtered": 50, "training": 49}
SHARED_ROWS, SHARED_TRAINING = (
    summary("self", 1, iterations=[iteration(1, stages=TRAINED, shared_with=dict.fromkeys(stages, "other"))])
    for stages in (("prompts", "score_filtered"), TRAINED)
)

CASES = {
    "rows of all iterations": (
        WHOLE,
        "seed 1 wrote and answered 480 new instructions, and kept 100 of them (21%)",
    ),
    "rows of the iterations that chose some": (
        untested(
            "self",
            1,
            recipe="autoif",
            iterations=[iteration(1, STAGES), iteration(2, {"outputs": 240, "pairs": 9})],
        ),
        "In 1 iteration, the model model of self with seed 1 gave 240 answers, and kept 50 of them (21%)",
    ),
    "rows of an iteration before the last": (
        untested(
            "self", 1, recipe="autoif", iterations=[iteration(1, STAGES), iteration(2, {"outputs": 9, "pairs": 9})]
        ),
        "results/self/iter1/score_filtered.jsonl",
    ),
    "rows that are right": (
        WHOLE,
        "How many are right, as a program says that knows the right answers: the rule_filtered 20%, "
        "the score_filtered 50%.",
    ),
    "the last model's accuracy": (WHOLE, "the base model answers 30.0% right, and the model after iteration 2 50.0%."),
    "a difference that may be chance": (
        summary("self", 1, shares=(0.33,)),
        "33.0% (the difference may be chance: exact McNemar test, p = 0.25)",
    ),
    "a model that got worse": (
        summary("self", 1, shares=(0.1,)),
        "and the model after iteration 1 10.0%.",
    ),
    "iterations in vain": (
        summary("self", 1, shares=(0.4, 0.5, 0.52, 0.49)),
        "What iteration 3 and iteration 4 changed over the one before may each be chance.",
    ),
    "iterations that lost": (
        summary("self", 1, shares=(0.4, 0.5, 0.3)),
        "Iteration 3 lost accuracy against the one before",
    ),
    "no held-out tasks": (untested("self", 1), "There is no held-out accuracy"),
    "benchmarks": (
        scored("self", 1, (0.2, 0.5), (0.3, 0.4)),
        "Benchmarks, of the base model and the last one (asked in plain text, then in chats): "
        "riddles (3-shot): acc 20.0%, then 50.0%.",
    ),
    "judged quality": (
        scored("self", 1, (0.2, 0.5), (0.3, 0.4)),
        "Judged quality, of the base model and the last one: win rate against references 30.0%, then 40.0%; "
        "score over two turns 5.00, then 6.00.",
    ),
    "where to look": (WHOLE, "python -m scripts.chat --model results/self/iter2/merged"),
    "rows that lie with another model": (SHARED_ROWS, "results/other/iter1/score_filtered.jsonl"),
    "a model whose training is its own": (SHARED_ROWS, "--model results/self/iter1/merged"),
    "a model whose training is shared": (SHARED_TRAINING, "--model results/other/iter1/merged"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_run_is_told_by_its_numbers(tmp_path, capsys, case):
    found, expected = CASES[case]
    assert expected in told(found, tmp_path, capsys)


def test_a_run_that_gained_to_the_end_has_no_iteration_in_vain(tmp_path, capsys):
    assert "chance" not in told(summary("self", 1, shares=(0.4, 0.5)), tmp_path, capsys)


def test_a_model_that_was_trained_on_given_rows_wrote_none(tmp_path, capsys):
    trained = summary("given", 1, recipe="fine_tuning", iterations=[iteration(1, {"rows": 9, "training": 44})])
    said = told(trained, tmp_path, capsys)
    assert "was trained on 44 given rows." in said and "rows kept" not in said


def test_a_model_without_graded_rows_has_no_share_of_right_ones(tmp_path, capsys):
    assert "right" not in told(untested("self", 1), tmp_path, capsys)


def test_an_unknown_recipe_is_named(tmp_path, capsys):
    with pytest.raises(UserError, match=r"summary\.json: recipe: there is no recipe 'soup'"):
        told(summary("self", 1, recipe="soup"), tmp_path, capsys)
