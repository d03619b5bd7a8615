"""The published runs of AutoIF are planned with the published numbers."""

import shlex

import pytest

from scripts import train_adapter, train_preferences
from scripts.lib.rows.jsonl import write_rows

SFT = {"scheduler": "linear", "warmup_steps": 20, "weight_decay": 0.1, "adam_beta2": 0.95, "epochs": 3}
SFT |= {"learning_rate": 7e-6, "cutoff": 8192, "dtype": "bfloat16", "weights": "full"}
DPO = {"beta": 0.3, "learning_rate": 5e-7, "scheduler": "cosine", "warmup_ratio": 0.1, "epochs": 2}
DPO |= {"rows_per_update": 64, "cutoff": 4096, "save_steps": 200, "dtype": "bfloat16", "weights": "full"}
"""What the paper says of all its models; the rows of an update of SFT differ by their size."""

SUPERVISED = {
    "strong-to-weak": ({"qwen2-7b": "beside/Qwen2-72B-", "llama3-8b": "beside/Meta-Llama-3-70B-"}, 128),
    "self-alignment": (
        {"qwen2-72b-instruct": "qwen2-72b-instruct/iter0/", "llama3-70b-instruct": "llama3-70b-instruct/iter0/"},
        512,
    ),
}


def trainings(plan, command):
    """The command lines of a training in a plan, read as the command itself reads them."""
    name = command.__name__
    lines = [line.partition(f"{name} ")[2].partition(" 2>&1")[0] for line in plan.splitlines() if f"{name} " in line]
    return [command.parser().parse_args(shlex.split(line)) for line in lines]


@pytest.mark.parametrize("name", SUPERVISED)
def test_autoif_is_planned_with_the_numbers_of_its_paper(name, project):
    supervisors, rows_per_update = SUPERVISED[name]
    write_rows(project.folder / "work/queries/sharegpt.jsonl", [{"instruction": "What is a fox?", "output": ""}])
    targets = [f"results/{model}/iter3/merged/manifest.json" for model in supervisors]
    plan = project.snakemake("-n", "-p", "--configfile", f"config/paper/autoif-{name}.yaml", "--", *targets).stdout
    answers, pairs = trainings(plan, train_adapter), trainings(plan, train_preferences)
    assert (len(answers), len(pairs)) == (2, 4)
    for args in answers:
        assert {key: getattr(args, key) for key in SFT} == SFT and args.rows_per_update == rows_per_update
    for args in pairs:
        assert {key: getattr(args, key) for key in DPO} == DPO
    asked = [line for line in plan.splitlines() if "scripts.autoif.plan_responding " in line]
    assert all(
        any(f"results/{model}/" in line and place in line for line in asked) for model, place in supervisors.items()
    )
    assert "--functions" in plan and "classify_consistency" in plan and "prepare_classifier" in plan
