"""Whether there is a SLURM that answers, before jobs are handed to it."""

import getpass
import shutil
import subprocess

from scripts.lib.errors import UserError

LONGEST_ANSWER = 20
"""Seconds; a busy controller answers within a few, and without one its commands try for longer than anyone waits."""


def check_cluster(guesses_account: bool, longest_answer: float = LONGEST_ANSWER) -> None:
    """Raise UserError unless SLURM's commands are here and its controller answers; to guess an account, sacct as well.

    Snakemake's plugin would go on without an answer, and wait for ever: for jobs that it could not submit, or for the
    list of earlier jobs, from which it guesses an account if it is given none,
    with slurm-no-account as well (its version 2.6.1 reads that nowhere). An error of sacct does not stop it.
    """
    remedy = "run this on a login node of the cluster, or without --profile slurm on this machine"
    if missing := [command for command in ("sbatch", "sinfo") if shutil.which(command) is None]:
        raise UserError(f"there is no SLURM here ({missing[0]}: no such command); {remedy}")
    done = _answer(["sinfo", "--noheader"], longest_answer, remedy)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"SLURM does not answer ({said[-1]}); {remedy}")
    if guesses_account:
        remedy = (
            "without slurm_account, one is guessed from it: set slurm_account under default-resources in "
            "profiles/slurm/config.yaml"
        )
        if shutil.which("sacct") is None:
            raise UserError(f"there is no accounting here (sacct: no such command); {remedy}")
        _answer(["sacct", "--noheader", "--user", getpass.getuser(), "--format", "Account"], longest_answer, remedy)


def _answer(command: list[str], longest: float, remedy: str) -> subprocess.CompletedProcess[str]:
    """Return what a command of SLURM answers; raises UserError if it takes too long."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=longest)
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"SLURM does not answer: {command[0]} has not ended after {longest} seconds; {remedy}"
        ) from error
