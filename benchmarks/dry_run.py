"""How long Snakemake thinks about a large run before it does anything: a dry run where nothing is made yet."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from benchmarks.results import Fact, Report
from benchmarks.setup import Setup
from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open

MOST_SECONDS, MOST_MB = 25, 1024
MODELS, ITERATIONS, SHARDS = 10, 6, 64
ROOT = Path(__file__).parents[1]


def measure(setup: Setup) -> Report:
    """Measure the plan for a cluster of ten models, six iterations and 64 shards: seconds, memory, and jobs."""
    config = setup.work / "dry_run.yaml"
    with atomic_open(config) as stream:
        yaml.safe_dump(large_config(setup.size(SHARDS)), stream)
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", str(config), "--profile", "slurm"]
    jobs = int(output([*command, "--quiet", "rules", "--", "all"]).rpartition("\ntotal")[2].split()[0])
    seconds, megabytes = cost([*command, "--quiet", "--", "all"], setup.log)
    what = f"snakemake --profile slurm -n -q, {MODELS} models, {ITERATIONS} iterations, {jobs:,} jobs"
    return Report(
        facts=[
            Fact("dry_run", f"{what}: time", seconds, "s", most=MOST_SECONDS),
            Fact("dry_run", f"{what}: memory", megabytes, "MB", most=MOST_MB),
        ]
    )


def large_config(shards: int, models: int = MODELS) -> dict[str, Any]:
    """Return the default configuration with several models, six iterations, one round of synthesis and many shards."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    (entry,) = config["models"].values()
    del entry["held_out"]
    config["models"] = {f"model-{number}": {**entry, "seed": number} for number in range(1, models + 1)}
    config |= {"default_model": "model-1", "iterations": ITERATIONS}
    config["engine"].update(gpus=1, shards=shards)
    config["isheep"]["synthesis"]["rounds"] = 1
    return config


def output(command: list[str]) -> str:
    """Return what a command prints; raises UserError with its end if it fails."""
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise UserError(f"{' '.join(command)} failed: {done.stdout[-2000:]}")
    return done.stdout


def cost(command: list[str], log: Path) -> tuple[float, float]:
    """Return the seconds of a command by the clock, and its peak memory in MB."""
    began = time.perf_counter()
    with log.open("a") as stream:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream)
        _, _, used = os.wait4(process.pid, 0)
    return time.perf_counter() - began, used.ru_maxrss / 1024
