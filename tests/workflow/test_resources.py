"""What jobs ask a cluster for: read from the plan, nothing is submitted."""

import os
import shlex
import shutil

import pytest
import yaml

from scripts import train_adapter
from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import write_rows
from tests.workflow.conftest import small_config

SHARD = "work/tiny/iter1/answering/completions_1_of_2.jsonl"
ADAPTER, MERGED = (f"results/tiny/iter1/{name}/manifest.json" for name in ("adapter", "merged"))


def gpu_config() -> dict:
    """The small configuration as for a cluster: two shards, an engine per GPU, training on two nodes with two each."""
    config = small_config()
    config["engine"].update(gpus=1, shards=2)
    config["training"].update(nodes=2, gpus_per_node=2, batch_size=2, deepspeed="zero3", mem_mb=16000)
    return config


def asked(project, *targets: str) -> dict[str, dict[str, str]]:
    """What each planned job asks for, by its (first) output."""
    plan = project.snakemake("-n", "--profile", "slurm", *targets).stdout
    jobs, output = {}, None
    for line in plan.splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "output":
            output = value.split(", ")[0]
        elif key == "resources":
            jobs[output] = dict(pair.split("=", 1) for pair in value.split(", "))
    return jobs


def test_the_short_command_plans_the_run(project):
    assert any("iter2/merged" in job for job in project.planned("--profile", "slurm", "results/iter2/merged"))


def test_a_rule_asks_for_what_its_models_settings_need(project):
    project.configure(gpu_config())
    jobs = asked(project, "results/iter1/merged")
    with_gpu = {output for output, wanted in jobs.items() if "gpu" in wanted or "gres" in wanted}
    assert {output for output in jobs if "completions_" in output or "adapter" in output} == with_gpu
    assert jobs[SHARD].items() >= {"gpu": "1", "nodes": "1", "mem_mb": "8000", "cpus_per_task": "2"}.items()
    # Over several nodes, --gpus=4 could mean three and one: --gres counts on each.
    assert jobs[ADAPTER].items() >= {"gres": "gpu:2", "nodes": "2", "tasks": "2", "mpi": "srun"}.items()
    assert jobs[ADAPTER].items() >= {"mem_mb": "16000", "cpus_per_task": "2"}.items()


def test_proving_and_merging_a_large_model_take_memory_and_time_by_its_size(project, tmp_path):
    with (tmp_path / "model.safetensors").open("wb") as weights:
        weights.truncate(144_000_000_000)
    config = gpu_config()
    config["engine"]["gpus"] = 8
    config["models"]["tiny"]["base"] = str(tmp_path)
    project.configure(config)
    jobs = asked(project, "results/iter1/merged")
    for output in (MERGED, "results/tiny/iter0/merged/manifest.json"):
        assert jobs[output].items() >= {"mem_mb": "434000", "runtime": "132", "cpus_per_task": "4"}.items()
    assert jobs[SHARD]["cpus_per_task"] == "16"


def test_a_run_whose_models_will_not_fit_on_the_disk_is_warned_once_while_it_is_planned(project, tmp_path):
    with (tmp_path / "model.safetensors").open("wb") as weights:
        weights.truncate(shutil.disk_usage(tmp_path).free * 6 // 10)
    config = small_config()
    config["models"]["tiny"]["base"] = str(tmp_path)
    project.configure(config)
    assert "warning:" not in project.snakemake("-n", "results/iter1/merged").stdout
    plan = project.snakemake("-n", "results/iter2/merged").stdout
    (warning,) = [line for line in plan.splitlines() if line.startswith("warning:")]
    assert "results/ has" in warning and "need more: tiny/iter1/merged, tiny/iter2/merged " in warning


def test_a_cluster_that_does_not_answer_ends_a_run_and_no_plan(project, tmp_path, monkeypatch):
    for command in ("sbatch", "squeue", "sacct", "sinfo"):
        (tmp_path / command).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / command).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    target = "results/tiny/seeds.jsonl"
    assert project.planned("--profile", "slurm", target)
    done = project.snakemake("--profile", "slurm", target, check=False)
    assert done.returncode == 1 and not (project.folder / target).exists()
    assert done.stdout.splitlines()[-1].startswith(
        "error: SLURM does not answer (exit code 1); run this on a login node"
    )


def test_a_site_says_in_the_profile_which_gpus_it_has_and_where_and_how_to_ask_for_them(project):
    project.configure(gpu_config())
    profile = project.folder / "profiles/slurm/config.yaml"
    settings = yaml.safe_load(profile.read_text())
    settings["default-resources"].update(gpu_kind="a100", slurm_partition="gpu", cpu_partition="cpu")
    profile.write_text(yaml.safe_dump(settings))
    jobs = asked(project, "results/iter1/merged")
    assert jobs[SHARD].items() >= {"gpu": "1", "gpu_model": "a100", "slurm_partition": "gpu"}.items()
    assert jobs[MERGED]["slurm_partition"] == "cpu"
    settings["default-resources"].update(gpu_request="gres")
    profile.write_text(yaml.safe_dump(settings))
    jobs = asked(project, "results/iter1/merged")
    assert jobs[SHARD]["gres"] == "gpu:a100:1"
    assert jobs[ADAPTER]["gres"] == "gpu:a100:2"
    assert not any("gpu" in wanted or "gpu_model" in wanted for wanted in jobs.values())


@pytest.mark.parametrize(("requests", "with_work"), [(0, 0), (5, 1), (40, 4)])
def test_a_shard_that_its_plan_leaves_without_work_asks_for_no_gpu(project, requests, with_work):
    """A batch of 600 tokens holds ten requests of 58 tokens each, prompts and answers together."""
    config = gpu_config()
    config["engine"].update(name="transformers", shards=8, batch_tokens=600)
    project.configure(config)
    shutil.copytree(project.folder / "config/models/tiny", project.folder / "results/tiny/iter0/merged")
    step = project.folder / "work/tiny/iter1/synthesis_2"
    asking = [Request(f"request-{number:02}", "generate", "a" * 8, max_tokens=50) for number in range(requests)]
    write_rows(step / "requests.jsonl", (request.to_row() for request in asking))
    targets = [f"work/tiny/iter1/synthesis_2/completions_{shard}_of_8.jsonl" for shard in range(1, 9)]
    jobs = asked(project, *targets)
    assert [target for target in targets if "gpu" in jobs[target]] == targets[:with_work]


def test_clustering_asks_for_one_gpu(project):
    config = gpu_config()
    config["isheep"]["synthesis"]["few_shot_choice"] = "density"
    project.configure(config)
    clusters = "results/tiny/seed_clusters.jsonl"
    assert asked(project, clusters)[clusters]["gpu"] == "1"


def test_training_on_several_nodes_is_refused_on_one_machine_before_any_job(project):
    project.configure(gpu_config())
    done = project.snakemake("--cores", "1", "results/tiny/iter1/adapter/manifest.json", check=False)
    assert done.returncode != 0
    assert "training.nodes is 2" in done.stdout and "--profile slurm" in done.stdout
    assert not (project.folder / "results").exists()


def test_what_a_training_is_told_is_what_the_configuration_says(project):
    given = {"end_of_turn": False, "lora_targets": ["q_proj", "v_proj"], "warmup_ratio": 0.1, "scheduler": "linear"}
    config = small_config()
    config["training"].update(given)
    project.configure(config)
    commands = project.snakemake("-n", "-p", "results/tiny/iter1/adapter/manifest.json").stdout
    (command,) = [line for line in commands.splitlines() if "scripts.train_adapter" in line]
    told = command.partition("scripts.train_adapter ")[2].partition(" 2>&1")[0]
    args = vars(train_adapter.parser().parse_args(shlex.split(told)))
    assert {key: args[key] for key in given} == given | {"lora_targets": ("q_proj", "v_proj")}


@pytest.mark.parametrize(
    ("training", "launcher"),
    [
        ({}, "python -m scripts.train_adapter"),
        ({"gpus_per_node": 1}, "python -m scripts.train_adapter"),
        ({"gpus_per_node": 2, "batch_size": 4}, "--nnodes 1 --nproc-per-node 2 --standalone -m scripts.train_adapter"),
        ({"deepspeed": "zero2"}, "--nproc-per-node 1 --standalone -m scripts.train_adapter"),
        ({"nodes": 2, "gpus_per_node": 4, "batch_size": 1}, "srun --nodes 2 --ntasks-per-node 1 --cpus-per-task 4"),
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
