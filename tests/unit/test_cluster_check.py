"""A cluster that is not there, or does not answer, is told in one line; the real one is in tests/cluster."""

import pytest

from scripts.lib.errors import UserError
from scripts.lib.run.cluster import check_cluster


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Return a function that puts a shell script in the place of each of SLURM's commands, and nothing else on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(**scripts: str) -> None:
        for name, script in scripts.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)

    return put


@pytest.mark.parametrize(
    ("scripts", "message"),
    [
        ({}, "there is no SLURM here (sbatch: no such command)"),
        ({"sbatch": "", "sinfo": "echo sinfo: error: no controller >&2; exit 1"}, "(sinfo: error: no controller)"),
        ({"sbatch": "", "sinfo": "while :; do :; done"}, "sinfo has not ended after 0.2 seconds"),
    ],
)
def test_a_cluster_that_takes_no_jobs_is_told_with_what_to_do(commands, scripts, message):
    commands(**scripts)
    with pytest.raises(UserError) as error:
        check_cluster(guesses_account=False, longest_answer=0.2)
    assert message in str(error.value) and "login node" in str(error.value)


@pytest.mark.parametrize("sacct", [{}, {"sacct": "while :; do :; done"}])
def test_an_account_is_not_guessed_from_a_list_that_does_not_come(commands, sacct):
    commands(sbatch="", sinfo="echo main up", **sacct)
    check_cluster(guesses_account=False, longest_answer=0.2)
    with pytest.raises(UserError, match=r"sacct.*set slurm_account under default-resources"):
        check_cluster(guesses_account=True, longest_answer=0.2)


@pytest.mark.parametrize("sacct", ["echo my_project", "echo accounting is disabled >&2; exit 1"])
def test_a_cluster_that_answers_passes(commands, sacct):
    commands(sbatch="", sinfo="echo main up", sacct=sacct)
    check_cluster(guesses_account=True)
