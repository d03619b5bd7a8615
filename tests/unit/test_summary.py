"""The summary of a run, from made-up counts: what is in it, and what it says of rows that lie with another model."""

import re

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json, write_json
from scripts.lib.rows.jsonl import write_rows
from scripts.report import summary


@pytest.fixture
def summed_up(tmp_path):
    """A function that writes counts by model and stage, sums up the model "loose", and returns numbers and table."""

    def run(counts, *more):
        files = []
        for (model, stage), kept in counts.items():
            files.append(tmp_path / f"results/{model}/iter1/counts/{stage}.json")
            scores = {"mean_scores": {"quality": 7.5}} if stage == "evaluated" else {}
            write_json(files[-1], {"in": kept, "kept": kept, "rejected": {}, **scores})
        log = tmp_path / "results/loose/iter1/adapter/training_log.jsonl"
        write_rows(log, [{"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.4, "eval_loss": 0.5}])
        outputs = {name: tmp_path / f"summary.{name}" for name in ("json", "txt", "png")}
        arguments = ["--model", "loose", "--recipe", "isheep", "--counts", *files, "--training-logs", log]
        arguments += ["--merged", tmp_path / "results/loose/iter1/merged/manifest.json", "--output", outputs["json"]]
        arguments += ["--table", outputs["txt"], "--picture", outputs["png"], *more]
        summary.main(summary.parser().parse_args(map(str, arguments)))
        return read_json(outputs["json"]), outputs["txt"].read_text()

    return run


COUNTS = {
    ("tiny", "prompts"): 60,
    ("tiny", "outputs"): 60,
    ("tiny", "rule_filtered"): 50,
    ("tiny", "evaluated"): 50,
    ("loose", "score_filtered"): 30,
    ("loose", "training"): 29,
}


def test_stages_scores_losses_and_what_is_shared(summed_up):
    numbers, table = summed_up(COUNTS)
    (iteration,) = numbers["iterations"]
    assert [stage["rows"] for stage in iteration["stages"]] == [60, 60, 50, 50, 30, 29]
    assert iteration["mean_scores"] == {"quality": 7.5}
    assert iteration["loss"] == {"training": 0.4, "validation": 0.5}
    assert iteration["shared_with"] == dict.fromkeys(("prompts", "outputs", "rule_filtered", "evaluated"), "tiny")
    assert "iter1: shared with tiny: new instructions, answered, kept by rules, assessed" in table
    assert re.search(r"share kept +50%", table)
    assert (numbers["arm"], numbers["seed"], numbers["held_out"]) == ("loose", 1, [])


def test_an_arm_and_a_seed_are_taken_from_the_command(summed_up):
    numbers, _ = summed_up(COUNTS, "--arm", "self", "--seed", "3")
    assert (numbers["arm"], numbers["seed"]) == ("self", 3)


def test_a_stage_of_no_recipe_is_named(summed_up):
    with pytest.raises(UserError, match=r"counts/topics\.json: the recipe 'isheep' has no stage 'topics'"):
        summed_up({**COUNTS, ("loose", "topics"): 3})
