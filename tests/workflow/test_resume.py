"""README's command goes on after anything: four signals and a full disk, in each kind of step, without a flag."""

import os
import re
import resource
import shutil
import signal
import subprocess

import pytest

from tests.conftest import contents
from tests.processes import modules_running
from tests.workflow.conftest import Project

COMMANDS = (("--cores", "2"), ("--configfile", "config/config.yaml", "--profile", "profiles/local"))
SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGKILL, signal.SIGTERM)
"""In this order: after SIGTERM, Snakemake waits for the jobs that run, so that nothing may be left to go on with."""

FOLDER = "results/tiny/iter2"
FILES = {
    "finish_synthesis": (f"{FOLDER}/prompts.jsonl",),
    "complete": (f"{FOLDER}/outputs.jsonl", "work/tiny/iter2/answering"),
    "train_adapter": (f"{FOLDER}/adapter/manifest.json", f"{FOLDER}/adapter", "work/tiny/iter2/checkpoints"),
    "merge_adapter": (f"{FOLDER}/merged/manifest.json", f"{FOLDER}/merged"),
}
"""What a command is asked for, and what is removed with it so that it runs a step: one of each kind, light, generating,
training and merging."""

LARGEST_FILE = {"finish_synthesis": 12_000, "complete": 12_000, "train_adapter": 100_000, "merge_adapter": 1_000_000}
"""Bytes that a file may have, so that the step fails to write its own, and what is written before does not."""


def without(project: Project, step: str) -> dict[str, bytes]:
    """Remove what a step has made; return the rows and weights that were there."""
    before = made(project)
    for name in FILES[step]:
        path = project.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return before


def made(project: Project) -> dict[str, bytes]:
    """The rows and weights of the second iteration."""
    files = contents(project.folder / FOLDER)
    kept = (name for name in files if name.endswith((".jsonl", ".safetensors")) and "training_log" not in name)
    return {name: files[name] for name in kept}


def running(project: Project, step: str, command: tuple[str, ...]) -> subprocess.Popen:
    """Give a command, and return it while it runs a step; should the step have survived the last kill, once more."""
    for _ in range(5):
        process = project.start(*command, FILES[step][0])
        while process.poll() is None:
            if step in modules_running(project.folder):
                return process
        assert process.returncode == 0
        without(project, step)
    raise AssertionError(f"{step} was never seen running")


def kill(running: subprocess.Popen, number: signal.Signals) -> None:
    """Send a signal as it comes: to all processes (Ctrl-C, a closed terminal), or to Snakemake alone (`kill`)."""
    if number in (signal.SIGINT, signal.SIGHUP):
        os.killpg(running.pid, number)
    else:
        running.send_signal(number)
    assert running.wait(timeout=120) != 0


@pytest.mark.parametrize("step", FILES)
def test_the_same_command_goes_on_after_each_signal(rerun, step):
    before = without(rerun, step)
    for number, command in zip(SIGNALS, 2 * COMMANDS, strict=True):
        kill(running(rerun, step, command), number)
    rerun.snakemake(*COMMANDS[0], FILES[step][0])
    assert made(rerun) == before


@pytest.mark.parametrize("step", FILES)
def test_a_full_disk_is_said_in_a_line_and_the_same_command_goes_on(rerun, step):
    before = without(rerun, step)
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE[step], allowed[1]))
    try:
        done = rerun.snakemake(*COMMANDS[0], FILES[step][0], check=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert done.returncode != 0
    assert re.search(r"error: .*File too large.*; make room.*, then give the same command again", done.stdout)
    assert "Traceback" not in done.stdout
    rerun.snakemake(*COMMANDS[0], FILES[step][0])
    assert made(rerun) == before
