"""A run of twelve thousand jobs whose commands do nothing: what Snakemake, the plan and the status cost beside them.

It is the project's own graph, in a copy of the project. Only `python`, as its rules call it, is another: a shell
script that writes small outputs. So what is measured is what the main process does about its jobs.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.dry_run import MODELS, ROOT, SHARDS, large_config
from benchmarks.results import Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import QUIET
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import write_manifest
from scripts.lib.rows.files import atomic_open

CONFIG = "config/nothing_done.yaml"
COPIED = ("Snakefile", "Makefile", "config", "rules", "scripts", "envs", "profiles")
JOBS_RUN = "jobs_run.txt"
"""Gets a line for each command that was started."""
SECONDS_BETWEEN_LOOKS = 0.2

DOES_NOTHING = """#!/bin/sh
# Stands for python: writes the files that a rule expects of its command, with nothing in them that matters.
echo "$*" >> {folder}/{jobs_run}
while [ $# -gt 0 ]; do
    case "$1" in
    --counts) echo '{{"in": 1, "kept": 1, "rejected": {{}}}}' > "$2" ;;
    --output|--rejected|--table|--picture)
        case "$2" in
        *manifest.json) cp {folder}/bin/manifest.json "$2" ;;
        *.json) echo '{{}}' > "$2" ;;
        *) : > "$2" ;;
        esac
        case "$2" in */adapter/manifest.json) : > "${{2%/*}}/training_log.jsonl" ;; esac ;;
    esac
    shift
done
"""


@dataclass(frozen=True)
class Used:
    """What a process used."""

    wall: float
    cpu: float
    mb: float


def measure(setup: Setup) -> Report:
    """Run half of the jobs, kill the run, ask where it is, run the rest, and ask again."""
    folder = setup.work.resolve() / "jobs"
    make_project(folder, setup.size(SHARDS), 1 if setup.quick else MODELS)
    command = ["snakemake", "--configfile", CONFIG, "--cores", "2", "--quiet", "--", "all"]
    planned = int(ask(folder, ["scripts.plan", "--configfile", CONFIG, "all"]).rpartition("in all: ")[2].split()[0])
    facts = [*questions(folder, setup.log, f"before a run of {planned:,} jobs")]
    killed = use(folder, command, setup.log, until=lambda: jobs_run(folder) >= planned // 2)
    before = jobs_run(folder)
    facts += [
        *_run_facts(f"the first {before:,} jobs, until it is killed", killed, before),
        *questions(folder, setup.log, f"in the middle of {planned:,} jobs"),
    ]
    rest = use(folder, command, setup.log)
    after = jobs_run(folder) - before
    facts += [
        *_run_facts(f"the same command again, {after:,} jobs", rest, after),
        Fact("jobs", "commands that were started twice because of the kill", repeated(folder), most=2),
        *questions(folder, setup.log, f"after {planned:,} jobs"),
    ]
    again = use(folder, command, setup.log)
    facts += [
        Fact("jobs", "the same command when all is there: time", again.cpu, "CPU s"),
        Fact("jobs", "commands that it starts then", jobs_run(folder) - before - after, most=0),
    ]
    shutil.rmtree(folder)
    return Report(facts=facts)


def _run_facts(what: str, used: Used, jobs: int) -> list[Fact]:
    return [
        Fact("jobs", f"{what}: the main process", used.cpu, "CPU s"),
        Fact("jobs", f"{what}: the main process, for each job", 1000 * used.cpu / jobs, "CPU ms"),
        Fact("jobs", f"{what}: memory of the main process", used.mb, "MB", most=1024),
        Fact("jobs", f"{what}: by the clock", used.wall, "s"),
    ]


def questions(folder: Path, log: Path, when: str) -> Iterator[Fact]:
    """Yield what `make status` and `make plan` cost, with the Snakemake that a plan asks."""
    for name, module, targets in (("status", "scripts.status", []), ("plan", "scripts.plan", ["all"])):
        used = cost(folder, [module, "--configfile", CONFIG, *targets], log)
        yield Fact("jobs", f"make {name} {when}: time", used.cpu, "CPU s")
        yield Fact("jobs", f"make {name} {when}: memory", used.mb, "MB")


def make_project(folder: Path, shards: int, models: int) -> None:
    """Copy the project, configure a large run in it, and put the script that does nothing where rules find `python`.

    Rules look for it beside the Python that runs Snakemake; so that one lies there, too, under another name.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    with atomic_open(folder / CONFIG) as stream:
        yaml.safe_dump(large_config(shards, models), stream)
    program = folder / "bin" / "python"
    program.parent.mkdir()
    write_manifest(program.parent, "model", {})
    program.write_text(DOES_NOTHING.format(folder=folder, jobs_run=JOBS_RUN))
    program.chmod(0o755)
    python(folder).symlink_to(Path(sys.executable).resolve())
    (folder / JOBS_RUN).touch()


def python(folder: Path) -> Path:
    """Return the Python that runs what is measured; it finds packages where this one does."""
    return folder / "bin" / "real-python"


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of what is measured."""
    return {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join([str(folder), sysconfig.get_path("purelib")])}


def jobs_run(folder: Path) -> int:
    """Return how many commands were started so far."""
    return (folder / JOBS_RUN).read_bytes().count(b"\n")


def repeated(folder: Path) -> int:
    """Return how many commands were started more than once."""
    lines = (folder / JOBS_RUN).read_text().splitlines()
    return len(lines) - len(set(lines))


def ask(folder: Path, command: list[str]) -> str:
    """Return what a module prints; raises UserError with its end if it fails."""
    full = [str(python(folder)), "-m", *command]
    done = subprocess.run(full, cwd=folder, env=environment(folder), text=True, capture_output=True, check=False)
    if done.returncode:
        raise UserError(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
    return done.stdout


def cost(folder: Path, command: list[str], log: Path) -> Used:
    """Return what a module uses, with its children: CPU seconds of all, and the memory of the largest."""
    began = time.perf_counter()
    with log.open("a") as stream:
        process = subprocess.Popen(
            [python(folder), "-m", *command], cwd=folder, env=environment(folder), stdout=stream, stderr=stream
        )
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise UserError(f"{' '.join(command)} failed; see the end of {log}")
    return Used(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def use(folder: Path, command: list[str], log: Path, until: Callable[[], bool] = lambda: False) -> Used:
    """Return what a module itself uses, its jobs left out; it is killed with its jobs as soon as `until` says so.

    What a child uses counts for its parent only when it has ended. So the process is looked at while it lives.
    """
    began = time.perf_counter()
    with log.open("a") as stream:
        process = subprocess.Popen(
            [python(folder), "-m", *command],
            cwd=folder,
            env=environment(folder),
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    cpu = mb = 0.0
    while process.poll() is None:
        cpu, mb = looked_at(process.pid) or (cpu, mb)
        if until():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return Used(time.perf_counter() - began, cpu, mb)
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if process.returncode:
        raise UserError(f"{' '.join(command)} failed; see the end of {log}")
    return Used(time.perf_counter() - began, cpu, mb)


def looked_at(process: int) -> tuple[float, float] | None:
    """Return the CPU seconds of a process so far, without its children, and its peak memory in MB; None if it is over.

    This is Linux's /proc.
    """
    try:
        times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return None
    if peak is None:
        return None
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"), int(peak[1]) / 1024
