"""Whether there is a SLURM that answers, before jobs are handed to it."""

import shutil
import subprocess

from scripts.lib.errors import UserError

LONGEST_ANSWER = 20
"""Seconds; a busy controller answers within a few, and without one its commands try for longer than anyone waits."""


def check_cluster(longest_answer: float = LONGEST_ANSWER) -> None:
    """Raise UserError unless SLURM's commands are here and its controller answers.

    Snakemake's plugin would go on without an answer, and wait for ever for jobs that it could not submit.
    """
    remedy = "run this on a login node of the cluster, or without --profile slurm on this machine"
    if missing := [command for command in ("sbatch", "sinfo") if shutil.which(command) is None]:
        raise UserError(f"there is no SLURM here ({missing[0]}: no such command); {remedy}")
    try:
        done = subprocess.run(["sinfo", "--noheader"], capture_output=True, text=True, timeout=longest_answer)
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"SLURM does not answer: sinfo has not ended after {longest_answer} seconds; {remedy}"
        ) from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"SLURM does not answer ({said[-1]}); {remedy}")
