"""AutoIF on the cluster, through all its stages: a job of every kind is killed, and the files are the same."""

import subprocess
from pathlib import Path

import pytest

from tests.cluster.killing import Broken, break_run, made
from tests.cluster.workflow import finish, start
from tests.workflow.conftest import Project, checkout, configure_autoif, small_autoif_config

MODEL = "results/tiny_autoif"
ONLINE = f"{MODEL}/iter3/merged"
KILLED = ("instructions_1", "verifiers", "responding", "iter1 adapter", "iter2 adapter", "online", "iter3 adapter")
"""Where the jobs that are killed write, in the order in which they run; adapters: of SFT, offline DPO, online DPO."""
HALF_DONE = ("verifiers", "responding", "online")
"""Steps of many batches, of which some are finished when the job is killed; others may have only begun."""


def new_project(folder: Path) -> Project:
    """A fresh checkout with the small configuration, for jobs with a GPU, and several batches in a step."""
    config = small_autoif_config()
    config["engine"].update(name="transformers", gpus=1, batch_tokens=512, mem_mb=4000)
    for training in (config["training"], config["autoif"]["dpo"]):
        training.update(gpus_per_node=1, mem_mb=4000)
    project = checkout(folder)
    configure_autoif(project, config)
    return project


@pytest.fixture(scope="module")
def begun_reference(tmp_path_factory) -> tuple[Project, subprocess.Popen]:
    """The same on this machine alone, undisturbed; it goes on while jobs are killed."""
    project = new_project(tmp_path_factory.mktemp("reference") / "project")
    return project, start(project, "--cores", "1", ONLINE)


@pytest.fixture(scope="module")
def broken(begun_reference, cluster, tmp_path_factory) -> Broken:
    """Kill a job of every kind once; the profile has it tried again."""
    return break_run(new_project(tmp_path_factory.mktemp("broken") / "project"), ONLINE, KILLED, HALF_DONE)


def test_killed_jobs_leave_the_functions_pairs_and_weights_of_an_undisturbed_local_run(broken, begun_reference):
    finish(*begun_reference)
    before, after = (made(project.folder / MODEL) for project in (begun_reference[0], broken.project))
    assert {"iter1/consistent.jsonl", "iter3/pairs.jsonl", "iter3/merged/model.safetensors"} <= set(before)
    assert [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)] == []


def test_every_killed_job_failed_and_its_step_was_tried_again(broken, cluster):
    assert broken.states(cluster) == dict.fromkeys(KILLED, "FAILED")
