"""Reading summaries to be compared: what is wrong with one is said with its file and field."""

import json

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import write_json
from tests.unit.made_up_summaries import held_out, iteration, measured, measures, run_on, summary


def without(name):
    found = summary("self", 1)
    del found[name]
    return found


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        *(
            (without(name), f"{name}: Field required")
            for name in ("model", "recipe", "arm", "seed", "iterations", "held_out")
        ),
        (summary("self", 1, iterations=[]), "iterations: List should have at least 1 item"),
        (summary("self", 1, iterations=[iteration(1), iteration(1)]), "iterations: iteration 1 occurs twice"),
        (
            summary("self", 1, iterations=[iteration(1, loss={"training": 1.0})]),
            r"iterations\.0\.loss\.validation: Field",
        ),
        (
            summary("self", 1, iterations=[iteration(1, mean_scores={"quality": float("nan")})]),
            "NaN is no number in JSON",
        ),
        (summary("self", 1, held_out=held_out([0.4, 0.5])), "held_out: iteration 2 is none of the iterations"),
        (summary("self", 1, held_out=held_out([0.4]) * 2), "held_out: iteration 0, format base occurs twice"),
        (summary("self", 1, recipe="soup"), "recipe: there is no recipe 'soup'"),
        (measured(1) | {"recipe": "isheep"}, "held_out: the recipe 'isheep' has no format 'principles'"),
        (
            summary("self", 1, held_out=[{**held_out([])[0], "measures": {"honest": measures(0.2, 3.0)}}]),
            r"held_out\.0\.measures\.honest\.title: Field required",
        ),
        (
            summary("self", 1, held_out=[{**held_out([])[0], "strict": {"accuracy": 0.5, "interval": [0.6, 0.7]}}]),
            r"held_out\.0\.strict: the interval 0\.6 to 0\.7 does not hold",
        ),
        (summary("self", "1"), "seed: Input should be a valid integer"),
        ({"rows": {}, "right": {}, "held_out": []}, "arm: Field required"),
        ([], "whole file"),
    ],
)
def test_a_broken_summary_is_named_with_its_field(tmp_path, broken, message):
    write_json(tmp_path / "fine.json", summary("none", 1))
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    with pytest.raises(UserError, match=rf"broken\.json: .*{message}"):
        run_on([tmp_path / "fine.json", tmp_path / "broken.json"], tmp_path)


def test_a_summary_that_is_cut_off_is_named(tmp_path):
    (tmp_path / "cut.json").write_text('{"model": "self-1", ')
    with pytest.raises(UserError, match=r"cut\.json:1: broken JSON"):
        run_on([tmp_path / "cut.json"], tmp_path)


def test_two_models_of_one_arm_and_seed_are_refused(tmp_path):
    for name in ("a", "b"):
        write_json(tmp_path / f"{name}.json", summary("self", 1, model=name))
    with pytest.raises(UserError, match=r"b\.json: arm 'self' with seed 1, as is .*a\.json"):
        run_on([tmp_path / "a.json", tmp_path / "b.json"], tmp_path)
