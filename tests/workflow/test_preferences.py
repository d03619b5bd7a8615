"""Two kinds of training in one model: which rule trains which iteration, on what, and as which chapter says."""

import shlex

from scripts import train_preferences
from tests.workflow.conftest import small_config

DPO = {"beta": 0.1, "gpus_per_node": 2, "batch_size": 4, "rows_per_update": 16, "deepspeed": "zero2", "mem_mb": 9000}


def test_each_iteration_is_trained_as_the_recipes_table_says(project):
    config = small_config()
    config.pop("isheep")
    config.update(recipe="autoif", autoif={"dpo": DPO})
    project.configure(config)
    plan = project.snakemake("-n", "-p", "results/iter2/merged").stdout
    (answers,) = [line for line in plan.splitlines() if "scripts.train_adapter " in line]
    (pairs,) = [line for line in plan.splitlines() if "scripts.train_preferences " in line]
    assert "--data results/tiny/iter1/score_filtered.jsonl --model results/tiny/iter0/merged/manifest.json" in answers
    assert "--output results/tiny/iter1/adapter/manifest.json" in answers and "--deepspeed" not in answers
    told = pairs.partition("scripts.train_preferences ")[2].partition(" 2>&1")[0]
    args = train_preferences.parser().parse_args(shlex.split(told))
    assert [str(file) for file in args.data] == ["results/tiny/iter2/pairs.jsonl"]
    assert str(args.model) == "results/tiny/iter1/merged/manifest.json"
    assert str(args.output) == "results/tiny/iter2/adapter/manifest.json"
    assert (args.beta, args.batch_size, args.rows_per_update) == (0.1, 4, 16)
    assert "--nproc-per-node 2" in pairs and "--deepspeed config/deepspeed/zero2.json" in pairs
    assert "mem_mb=9000" in plan


def test_pairs_of_an_update_that_do_not_fit_the_devices_are_refused_before_anything_runs(project):
    config = small_config()
    config.pop("isheep")
    config.update(recipe="autoif", autoif={"dpo": {**DPO, "rows_per_update": 12}})
    project.configure(config)
    said = project.snakemake("-n", "results/iter2/merged", check=False).stdout
    assert "models.tiny.autoif.dpo: rows_per_update (12) must be a multiple of batch_size" in said


def test_where_all_weights_are_trained_the_training_makes_the_model(project):
    """Of the two trainings, one has an adapter and the other has none, whichever it is."""
    config = small_config()
    config.pop("isheep")
    for rule, chapter in (("train_weights", "training"), ("train_preferring_weights", "dpo")):
        other = {"training": "train_preferences", "dpo": "train_adapter"}[chapter]
        config.update(recipe="autoif", autoif={"dpo": {"weights": "full" if chapter == "dpo" else "lora"}})
        config["training"]["weights"] = "full" if chapter == "training" else "lora"
        project.configure(config)
        jobs = project.planned("results/iter2/merged", "results/tiny/iter1/loss.png", "results/tiny/iter2/loss.png")
        made = {job.partition(":")[0]: job for job in jobs if job.startswith(("train_", "merge_adapter", "draw_loss"))}
        assert set(made) == {rule, other, "merge_adapter", "draw_loss"}
        assert "/merged/manifest.json, " in made[rule] and "/merged/training_log.jsonl, " in made[rule]
        assert "/adapter/manifest.json, " in made[other]
        assert made["merge_adapter"].split("/")[2] == made[other].split("/")[2] != made[rule].split("/")[2]
