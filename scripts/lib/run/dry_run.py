"""What Snakemake would do now: the jobs of a dry run, each with its outputs and its reason."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.errors import UserError

_OF_OURS = re.compile(r'WorkflowError in file ".*", line \d+:\n')
"""Stands before what our rules say, a problem on each line."""
_PLACE = re.compile(r'\s*File ".*", line \d+.*')


@dataclass(frozen=True)
class PlannedJob:
    """A job that Snakemake would run, and why, in its words."""

    rule: str
    outputs: tuple[str, ...]
    reason: str


def dry_run(targets: Sequence[str], configfile: Path | None = None, profile: str | None = None) -> list[PlannedJob]:
    """Return the jobs that targets need; raises UserError with each problem that Snakemake has with them.

    Snakemake runs in a process of its own, in the current folder, since it changes the one that it runs in. Jobs
    without outputs, such as `all`, only name others and are left out.
    """
    options = ["--dry-run"]
    if configfile is not None:
        options += ["--configfile", str(configfile)]
    if profile is not None:
        options += ["--profile", profile]
    command = [sys.executable, "-m", "scripts.lib.run.job_lines", *options, "--", *targets]
    done = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL)
    # Which profile it uses was asked for; what else is said there, such as damage that was found, is news.
    said = [line.removeprefix("error: ") for line in done.stderr.splitlines() if not line.startswith("Using ")]
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode:
        errors = [entry["error"] for entry in printed if "error" in entry] or said or ["it does not say why"]
        raise UserError(_told([problem for error in errors for problem in _problems(error)]))
    for line in said:
        print(line, file=sys.stderr)
    jobs = [entry["job"] for entry in printed if "job" in entry]
    return [PlannedJob(job["rule"], tuple(job["outputs"]), job["reason"]) for job in jobs if job["outputs"]]


def _problems(error: str) -> list[str]:
    """Return each problem that an error of Snakemake tells, in one line, without the places in the rules."""
    told = "\n".join(line for line in error.splitlines() if not _PLACE.fullmatch(line))
    own = _OF_OURS.match(told)
    return told[own.end() :].splitlines() if own else [" ".join(told.split())]


def _told(problems: list[str]) -> str:
    beginning = "Snakemake cannot plan this:"
    return f"{beginning} {problems[0]}" if len(problems) == 1 else "\n  ".join([beginning, *problems])
