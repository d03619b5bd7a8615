"""SELF-ALIGN on the cluster, through all its stages: a job of every step is killed, and the files are the same."""

import subprocess
from pathlib import Path

import pytest

from tests.cluster.killing import Broken, break_run, made
from tests.cluster.workflow import finish, start
from tests.workflow.conftest import Project, checkout, configure_self_align, small_self_align_config

MODEL = "results/tiny_self_align"
VERBOSE = f"{MODEL}/iter2/merged"
KILLED = ("synthesis_1", "topics_1", "questions", "replying", "iter1 adapter", "verbose", "iter2 adapter")
"""Where the jobs that are killed write, in the order in which they run."""
HALF_DONE = ("replying", "verbose")
"""Steps of many batches, of which some are finished when the job is killed; others may have only begun."""


def new_project(folder: Path) -> Project:
    """A fresh checkout with the small configuration, for jobs with a GPU, and several batches in a step."""
    config = small_self_align_config()
    config["engine"].update(name="transformers", gpus=1, batch_tokens=512, mem_mb=4000)
    config["training"].update(gpus_per_node=1, mem_mb=4000)
    project = checkout(folder)
    configure_self_align(project, config)
    return project


@pytest.fixture(scope="module")
def begun_reference(tmp_path_factory) -> tuple[Project, subprocess.Popen]:
    """The same on this machine alone, undisturbed; it goes on while jobs are killed."""
    project = new_project(tmp_path_factory.mktemp("reference") / "project")
    return project, start(project, "--cores", "1", VERBOSE)


@pytest.fixture(scope="module")
def broken(begun_reference, cluster, tmp_path_factory) -> Broken:
    """Kill a job of every step once; the profile has it tried again."""
    return break_run(new_project(tmp_path_factory.mktemp("broken") / "project"), VERBOSE, KILLED, HALF_DONE)


def test_killed_jobs_of_every_step_leave_the_files_of_an_undisturbed_local_run(broken, begun_reference):
    finish(*begun_reference)
    before, after = (made(project.folder / MODEL) for project in (begun_reference[0], broken.project))
    assert {"iter1/topics.jsonl", "iter2/rule_filtered.jsonl", "iter2/merged/model.safetensors"} <= set(before)
    assert [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)] == []


def test_every_killed_job_failed_and_its_step_was_tried_again(broken, cluster):
    assert broken.states(cluster) == dict.fromkeys(KILLED, "FAILED")
