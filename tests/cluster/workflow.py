"""The workflow on the cluster: starting it, and finding its scripts among the processes of the machine."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from tests.cluster.slurm import wait_for
from tests.conftest import ROOT
from tests.workflow.conftest import Project

SHARDS = 8
ROWS = ("prompts", "outputs", "rule_filtered", "evaluated", "score_filtered")
ITERATION = "results/tiny/iter1"
MODEL = "results/iter1/merged"

SNAKEMAKE = "tests.cluster.eager_snakemake"
ON_CLUSTER = ("--profile", "slurm", "--latency-wait", "10", "--jobs", "16")
"""The profile as it is, but that no network file system is slow here."""


def tiny_config() -> dict:
    """One iteration over 60 rows: 48 prompts in as many batches, of which each shard has six."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config["iterations"] = 1
    config["engine"].update(name="transformers", shards=SHARDS, gpus=1, cpu_threads=1, batch_tokens=512, mem_mb=4000)
    config["isheep"]["synthesis"].update(target=60, expected_yield=1.25, rounds=1, minimum_share=0.1)
    config["isheep"]["selection"]["threshold"] = 4
    config["training"].update(
        epochs=6,
        rows_per_update=2,
        batch_size=2,
        lora_dropout=0,
        save_steps=20,
        gpus_per_node=1,
        cpu_threads=1,
        mem_mb=4000,
    )
    return config


def start(project: Project, *arguments: str) -> subprocess.Popen:
    """Start Snakemake in a project; what it prints goes to snakemake.output there."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (project.folder / "snakemake.output").open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-m", SNAKEMAKE, *arguments],
            cwd=project.folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip


def finish(project: Project, run: subprocess.Popen, seconds: float = 3600) -> None:
    """Wait until a run has made all it was asked for; raises AssertionError with what it printed if not."""
    code = run.wait(timeout=seconds)
    assert code == 0, printed(project)[-6000:]


def status(project: Project) -> str:
    """Return what `make status` prints."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.status"], cwd=project.folder, check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def printed(project: Project) -> str:
    """Return all that Snakemake has printed in a project."""
    return (project.folder / "snakemake.output").read_text()


@dataclass(frozen=True)
class Script:
    """A script of the workflow that runs as a SLURM job."""

    process: psutil.Process
    folder: Path
    name: str
    output: Path
    job: str
    node: str
    devices: str

    @property
    def journal(self) -> Path:
        """The file of the step's journal in which a generation script keeps its finished batches."""
        return self.output.parent / "journal" / self.output.name.replace("completions_", "")

    @property
    def batches(self) -> list[str]:
        """The fingerprints of the finished batches in its file of the journal."""
        return fingerprints(self.journal) if self.journal.is_file() else []


def fingerprints(journal: Path) -> list[str]:
    """Return the fingerprints of the finished batches in one file of a journal, in the order of the file."""
    return [json.loads(line)["fingerprint"] for line in journal.read_bytes().split(b"\n")[:-1]]


def scripts(project: Project) -> Iterator[Script]:
    """Yield the project's scripts that run as jobs now."""
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            if command[1:2] != ["-m"] or "--output" not in command or Path(process.cwd()) != project.folder:
                continue
            environment = process.environ()
        except psutil.Error:
            continue
        if "SLURMD_NODENAME" in environment:
            yield Script(
                process, project.folder, command[2], project.folder / command[command.index("--output") + 1],
                environment["SLURM_JOB_ID"], environment["SLURMD_NODENAME"],
                environment.get("CUDA_VISIBLE_DEVICES", ""),
            )  # fmt: skip


def half_done(project: Project, *nodes: str, but: Collection[str] = ()) -> Script:
    """Return a generation script on these nodes, of no job in `but`, once it has finished one to three batches."""
    found: list[Script] = []

    def look() -> bool:
        found[:] = [
            script
            for script in scripts(project)
            if script.name == "scripts.complete"
            and script.node in nodes
            and script.job not in but
            and 0 < len(script.batches) < 4
        ]
        return bool(found)

    wait_for("a generation job is half done", look, seconds=1800)
    return found[0]


@dataclass
class Seen:
    """When and where a script was seen running."""

    script: Script
    began: float
    ended: float


class Watcher(threading.Thread):
    """Notes which scripts of a project run together, on which node and with which GPUs, until it is stopped."""

    def __init__(self, project: Project) -> None:
        super().__init__(daemon=True)
        self._project = project
        self._stopped = threading.Event()
        self._seen: dict[psutil.Process, Seen] = {}

    def run(self) -> None:
        """Look four times a second."""
        while not self._stopped.wait(0.25):
            now = time.monotonic()
            for script in scripts(self._project):
                self._seen.setdefault(script.process, Seen(script, now, now)).ended = now

    def stop(self) -> list[Seen]:
        """Stop, and return all that was seen."""
        self._stopped.set()
        self.join()
        return list(self._seen.values())
