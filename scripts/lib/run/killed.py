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
from pathlib import Path

from scripts.lib.errors import UserError

JOB_NAME = re.compile(r"(.*_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Snakemake's SLURM plugin names its jobs by the id of its run."""

LONGEST_END = 300
"""Seconds in which a cancelled job ends: SLURM waits KillWait (30 by default) between SIGTERM and SIGKILL."""


class Run:
    """This process as a run of the workflow in a folder; keep it for as long as the run lasts."""

    def __init__(self, folder: Path, host: str = socket.gethostname()) -> None:
        """Join the runs in the folder; if there is no other, remove the locks of killed ones."""
        self._folder, self._host = folder, host
        self._locks = folder / ".snakemake/locks"
        self._killed = folder / ".snakemake/killed"
        (folder / ".snakemake").mkdir(exist_ok=True)
        self._stream = (folder / ".snakemake/running").open("a+")
        self._alone = self._join()

    def _join(self) -> bool:
        """Return whether no other run may be alive; a file system without locks cannot tell, so: False."""
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = self._clear_locks()
        except BlockingIOError:
            alone = False
        except OSError:
            return False
        fcntl.flock(self._stream, fcntl.LOCK_SH)
        self._stream.write(f"{self._host} {os.getpid()}\n")
        self._stream.flush()
        return alone

    def _clear_locks(self) -> bool:
        """Remove the locks of killed runs and forget who these were; return False if they may be alive elsewhere."""
        self._stream.seek(0)
        elsewhere = [line for line in self._stream.read().splitlines() if line.split()[0] != self._host]
        if any(self._locks.glob("*.lock")):
            if elsewhere:
                host, process = elsewhere[-1].split()
                print(
                    f"Snakemake (process {process}) on {host} has locked this folder, and may be alive.\n"
                    f"If it is not: type the same command on {host}, or cancel its jobs and use --unlock here.",
                    file=sys.stderr,
                )
                return False
            print("The last Snakemake here was killed; its lock is removed.", file=sys.stderr)
            self._killed.touch()  # first, so that its jobs are not forgotten if this run is killed now
            shutil.rmtree(self._locks)
        self._stream.truncate(0)
        return True

    def cancel_leftover_jobs(self) -> None:
        """End the SLURM jobs of a killed run: they would compute what this run's jobs compute as well.

        It need not have been the last run that was killed: those since may have been without SLURM.
        """
        if not (self._alone and self._killed.exists()):
            return
        if jobs := jobs_of_runs(self._folder):
            print(f"{len(jobs)} jobs of the killed Snakemake are cancelled: {' '.join(jobs)}", file=sys.stderr)
            _slurm("scancel", *jobs)
            _wait_until_ended(self._folder, jobs)
        self._killed.unlink()


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
