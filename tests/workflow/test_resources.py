"""What jobs ask a cluster for: read from the plan, nothing is submitted."""

import pytest
import yaml

from tests.workflow.conftest import small_config

GPU_RULES = {"complete", "adapter"}


def gpu_config() -> dict:
    """The small configuration as for a cluster: two shards, an engine per GPU, training on two nodes with two each."""
    config = small_config()
    config["engine"].update(gpus=1, shards=2)
    config["training"].update(nodes=2, gpus_per_node=2, deepspeed="zero3", mem_mb=16000)
    return config


def asked(project, *arguments: str) -> dict[str, dict[str, str]]:
    """The resources of each rule's jobs in a plan; jobs of one rule all ask for the same here."""
    plan = project.snakemake("-n", "--profile", "slurm", *arguments, "results/iter1/merged").stdout
    resources, rule = {}, None
    for line in plan.splitlines():
        words = line.strip().split(" ", 1)
        if words[0] in ("rule", "localrule"):
            rule = words[1].rstrip(":")
        elif words[0] == "resources:":
            resources[rule] = dict(pair.split("=", 1) for pair in words[1].split(", "))
    return resources


def test_the_short_command_plans_the_run(project):
    assert any("iter2/merged" in job for job in project.planned("--profile", "slurm", "results/iter2/merged"))


def test_a_rule_asks_for_what_its_models_settings_need(project):
    project.configure(gpu_config())
    jobs = asked(project)
    assert {rule for rule, wanted in jobs.items() if "gpu" in wanted or "gres" in wanted} == GPU_RULES
    assert jobs["complete"].items() >= {"gpu": "1", "nodes": "1", "mem_mb": "8000", "cpus_per_task": "2"}.items()
    # Over several nodes, --gpus=4 could mean three and one: --gres counts on each.
    assert jobs["adapter"].items() >= {"gres": "gpu:2", "nodes": "2", "tasks": "2", "mpi": "srun"}.items()
    assert jobs["adapter"].items() >= {"mem_mb": "16000", "cpus_per_task": "4"}.items()


def test_a_site_chooses_the_kind_of_gpu_and_how_to_ask_for_it_in_the_profile(project):
    project.configure(gpu_config())
    profile = project.folder / "profiles/slurm/config.yaml"
    settings = yaml.safe_load(profile.read_text())
    settings["default-resources"]["gpu_kind"] = "a100"
    profile.write_text(yaml.safe_dump(settings))
    assert asked(project)["complete"].items() >= {"gpu": "1", "gpu_model": "a100"}.items()
    settings["default-resources"]["gpu_request"] = "gres"
    profile.write_text(yaml.safe_dump(settings))
    jobs = asked(project)
    assert jobs["complete"]["gres"] == "gpu:a100:1"
    assert jobs["adapter"]["gres"] == "gpu:a100:2"
    assert not any("gpu" in wanted or "gpu_model" in wanted for wanted in jobs.values())


@pytest.mark.parametrize(
    ("training", "launcher"),
    [
        ({}, "python -m scripts.train_adapter"),
        ({"gpus_per_node": 1}, "python -m scripts.train_adapter"),
        ({"gpus_per_node": 2}, "--nnodes 1 --nproc-per-node 2 --standalone -m scripts.train_adapter"),
        ({"deepspeed": "zero2"}, "--nproc-per-node 1 --standalone -m scripts.train_adapter"),
        ({"nodes": 2, "gpus_per_node": 4}, "srun --nodes 2 --ntasks-per-node 1 --cpus-per-task 8"),
    ],
)
def test_training_is_launched_as_its_settings_say(project, training, launcher):
    config = small_config()
    config["training"].update(training)
    project.configure(config)
    commands = project.snakemake("-n", "-p", "results/tiny/iter1/adapter/manifest.json").stdout
    (command,) = [line for line in commands.splitlines() if "scripts.train_adapter" in line]
    assert launcher in command
    assert ("--deepspeed config/deepspeed/zero2.json" in command) == ("deepspeed" in training)
