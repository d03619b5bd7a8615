"""What a killed Snakemake leaves behind: a lock that nobody holds, and cluster jobs that nobody waits for.

Snakemake's lock is files that outlive it, so that after a `kill -9` the next run is refused until
someone types --unlock. Here each run also holds an advisory lock on one file, which the system drops
with the process: whoever gets it alone knows that those files are left over. Some shared file systems
keep such locks on each machine for itself; so the file also names the machines, and nothing is
concluded about a run on another one.
"""

import fcntl
import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from scripts.lib.errors import UserError

JOB_NAME = re.compile(r"(.*_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Snakemake's SLURM plugin names its jobs by the id of its run."""

LONGEST_END = 300
"""Seconds in which a cancelled job ends: SLURM waits KillWait (30 by default) between SIGTERM and SIGKILL."""


@dataclass
class Run:
    """This process as a run of the workflow in a folder; keep it for as long as the run lasts."""

    folder: Path
    stream: IO[str]
    """Held open with an advisory lock that all runs share."""
    alone: bool
    """Whether no other run was alive when this one began."""

    def cancel_leftover_jobs(self) -> None:
        """End the SLURM jobs of a killed run: they would compute what this run's jobs compute as well.

        It need not have been the last run that was killed: those since may have been without SLURM.
        """
        if not (self.alone and _killed_mark(self.folder).exists()):
            return
        if jobs := jobs_of_runs(self.folder):
            print(f"{len(jobs)} jobs of the killed Snakemake are cancelled: {' '.join(jobs)}", file=sys.stderr)
            _slurm("scancel", *jobs)
            _wait_until_ended(self.folder, jobs)
        _killed_mark(self.folder).unlink()


def clear_locks_of_killed_runs(folder: Path, host: str = socket.gethostname()) -> Run:
    """Join the runs in a folder, and return this one; if there is no other, remove the locks of killed ones.

    Of a run that may be alive on another machine, nothing is removed, and its lock is left to it.
    """
    (folder / ".snakemake").mkdir(exist_ok=True)
    stream = (folder / ".snakemake/running").open("a+")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = _clear_locks(folder, stream, host)
    except BlockingIOError:
        alone = False
    except OSError:
        return Run(folder, stream, alone=False)  # a file system without locks cannot tell
    fcntl.flock(stream, fcntl.LOCK_SH)
    stream.write(f"{host} {os.getpid()}\n")
    stream.flush()
    return Run(folder, stream, alone)


def _clear_locks(folder: Path, stream: IO[str], host: str) -> bool:
    """Remove the locks of killed runs and forget who these were; return False if they may be alive elsewhere."""
    locks = folder / ".snakemake/locks"
    stream.seek(0)
    elsewhere = [line for line in stream.read().splitlines() if line.split()[0] != host]
    if any(locks.glob("*.lock")):
        if elsewhere:
            other, process = elsewhere[-1].split()
            print(
                f"Snakemake (process {process}) on {other} has locked this folder, and may be alive.\n"
                f"If it is not: type the same command on {other}, or cancel its jobs and use --unlock here.",
                file=sys.stderr,
            )
            return False
        print("The last Snakemake here was killed; its lock is removed.", file=sys.stderr)
        _killed_mark(folder).touch()  # first, so that its jobs are not forgotten if this run is killed now
        shutil.rmtree(locks)
    stream.truncate(0)
    return True


def _killed_mark(folder: Path) -> Path:
    return folder / ".snakemake/killed"


def jobs_of_runs(folder: Path) -> list[str]:
    """Return the ids of this user's SLURM jobs that a run in the folder has submitted and that have not ended."""
    listed = _slurm("squeue", "--noheader", f"--user={getpass.getuser()}", "--format=%i|%j|%Z")
    jobs = [line.split("|", 2) for line in listed.splitlines()]
    return [job for job, name, place in jobs if JOB_NAME.fullmatch(name) and _same(place, folder)]


def _same(place: str, folder: Path) -> bool:
    return os.path.realpath(place) == os.path.realpath(folder)


def _wait_until_ended(folder: Path, jobs: list[str]) -> None:
    deadline = time.monotonic() + LONGEST_END
    while left := sorted(set(jobs) & set(jobs_of_runs(folder))):
        if time.monotonic() > deadline:
            raise UserError(
                f"SLURM jobs {' '.join(left)} of a killed Snakemake do not end; see `squeue`, and run this again after"
            )
        time.sleep(1)


def _slurm(*command: str) -> str:
    """Return what a SLURM command prints; raises UserError with its complaint."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"`{' '.join(command)}` fails: {done.stderr.strip()}")
    return done.stdout
