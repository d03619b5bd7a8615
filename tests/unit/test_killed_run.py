"""What a run of the workflow concludes about those before it and beside it, and does with what they left."""

import os
from pathlib import Path

import pytest

from scripts.lib.run.killed import clear_locks_of_killed_runs as start

JOB = "run_0a1b2c3d-0000-4000-8000-0123456789ab"


def lock(folder: Path) -> Path:
    """What Snakemake writes when it locks its folder, and what stays of it after kill -9."""
    file = folder / ".snakemake/locks/0.output.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


@pytest.fixture
def queue(tmp_path, monkeypatch) -> Path:
    """A file of the jobs that a stand-in for SLURM has in its queue; the real one is in tests/cluster."""
    jobs, commands = tmp_path / "queue", tmp_path / "commands"
    jobs.write_text(f"7|{JOB}|{tmp_path}\n")
    commands.mkdir()
    for name, command in (("squeue", f"cat {jobs}"), ("scancel", f": > {jobs}")):
        (commands / name).write_text(f"#!/bin/sh\n{command}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    return jobs


def test_the_lock_of_a_run_stays_when_one_before_it_has_ended(tmp_path, capsys):
    first, second = start(tmp_path), start(tmp_path)
    locked = lock(tmp_path)
    del first
    third = start(tmp_path)
    assert locked.exists()
    del second, third
    assert capsys.readouterr().err == ""
    start(tmp_path)
    assert not locked.exists()
    assert "was killed" in capsys.readouterr().err


def test_jobs_of_a_killed_run_are_cancelled_although_another_command_came_between(tmp_path, queue):
    lock(tmp_path)
    start(tmp_path)  # such as --unlock or --summary
    start(tmp_path).cancel_leftover_jobs()
    assert queue.read_text() == ""


def test_jobs_are_not_cancelled_without_a_kill_or_beside_another_run(tmp_path, queue):
    start(tmp_path).cancel_leftover_jobs()
    lock(tmp_path)
    beside = start(tmp_path)
    start(tmp_path).cancel_leftover_jobs()
    assert JOB in queue.read_text()
    beside.cancel_leftover_jobs()
    assert queue.read_text() == ""


def test_nothing_is_concluded_about_a_run_on_another_machine(tmp_path, queue, capsys):
    start(tmp_path, host="login1")  # its end is what a machine sees that is not told of another's locks
    locked = lock(tmp_path)
    start(tmp_path, host="login2").cancel_leftover_jobs()
    start(tmp_path, host="login2").cancel_leftover_jobs()
    assert locked.exists() and JOB in queue.read_text()
    assert "on login1 has locked this folder, and may be alive" in capsys.readouterr().err
    locked.unlink()
    start(tmp_path, host="login2")
    lock(tmp_path)
    start(tmp_path, host="login2").cancel_leftover_jobs()
    assert queue.read_text() == ""
