"""SELF-ALIGN on the cluster, through all its stages: a job of every step is killed, and the files are the same."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.slurm import wait_for
from tests.cluster.workflow import ON_CLUSTER, Script, finish, scripts, start
from tests.conftest import contents
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


@dataclass
class Broken:
    """A run of which jobs were killed, and the numbers of these, by step."""

    project: Project
    jobs: dict[str, str]


@pytest.fixture(scope="module")
def begun_reference(tmp_path_factory) -> tuple[Project, subprocess.Popen]:
    """The same on this machine alone, undisturbed; it goes on while jobs are killed."""
    project = new_project(tmp_path_factory.mktemp("reference") / "project")
    return project, start(project, "--cores", "1", VERBOSE)


@pytest.fixture(scope="module")
def broken(begun_reference, cluster, tmp_path_factory) -> Broken:
    """Kill a job of every step once; the profile has it tried again."""
    run = Broken(new_project(tmp_path_factory.mktemp("broken") / "project"), {})
    snakemake = start(run.project, *ON_CLUSTER, VERBOSE)
    for step in KILLED:
        script = at_work(run.project, step)
        run.jobs[step] = script.job
        script.process.kill()
    finish(run.project, snakemake)
    return run


def at_work(project: Project, step: str) -> Script:
    """Return the script of a step once it runs, and has a batch behind it where there are many."""
    found: list[Script] = []

    def look() -> bool:
        found[:] = [
            script
            for script in scripts(project)
            if step in (script.output.parent.name, " ".join(script.output.parent.parts[-2:]))
            and (step not in HALF_DONE or script.batches)
        ]
        return bool(found)

    wait_for(f"a job of {step} is at work", look, seconds=900)
    return found[0]


def made(project: Project) -> dict[str, bytes]:
    """The rows and weights that a run made, of all stages."""
    files = contents(project.folder / MODEL)
    return {
        name: content
        for name, content in files.items()
        if name.endswith((".jsonl", ".safetensors")) and "training_log" not in name
    }


def test_killed_jobs_of_every_step_leave_the_files_of_an_undisturbed_local_run(broken, begun_reference):
    finish(*begun_reference)
    before, after = made(begun_reference[0]), made(broken.project)
    assert {"iter1/topics.jsonl", "iter2/rule_filtered.jsonl", "iter2/merged/model.safetensors"} <= set(before)
    assert [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)] == []


def test_every_killed_job_failed_and_its_step_was_tried_again(broken, cluster):
    listed = cluster.ask("sacct", "--allocations", "--noheader", "--parsable2", "--format=JobIDRaw,State")
    states = dict(line.split("|") for line in listed.splitlines())
    assert {step: states[job] for step, job in broken.jobs.items()} == dict.fromkeys(KILLED, "FAILED")
