"""Small real runs, one of each recipe, made once, that every workflow test looks at."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import pytest
import yaml

from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.run.locking import sole_writer
from scripts.tiny_world.constraints.held_out import held_out_rows as constrained_rows
from scripts.tiny_world.constraints.kinds import SEEN, UNSEEN
from scripts.tiny_world.held_out import held_out_rows
from scripts.tiny_world.unanswerable.held_out import unanswerable_rows
from tests.conftest import ROOT

FEW_HELD_OUT, FEW_QUESTIONS = "config/seeds/few_held_out.jsonl", "config/seeds/few_questions.jsonl"
FEW_CONSTRAINTS = "config/seeds/few_constraints.jsonl"
"""What the small configurations of SELF-ALIGN and AutoIF name, and `configure_…` writes."""


def small_config() -> dict:
    """The default configuration, with fewer rows and two iterations: the same loop in about a minute."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    config["iterations"] = 2
    # A job mostly waits for its imports, which use one core: two jobs side by side are faster than two threads.
    config["engine"]["cpu_threads"] = config["training"]["cpu_threads"] = 1
    config["isheep"]["synthesis"].update(target=60, rounds=2, minimum_share=0.1)
    config["isheep"]["selection"]["threshold"] = 6
    config["training"].update(epochs=1, save_steps=2)
    return config


def small_self_align_config() -> dict:
    """SELF-ALIGN in miniature, with fewer rows: four types of questions, and few held-out tasks."""
    config = yaml.safe_load((ROOT / "config/examples/tiny_self_align.yaml").read_text())
    config["engine"]["cpu_threads"] = config["training"]["cpu_threads"] = 1
    config["models"]["tiny_self_align"]["held_out"]["tasks"] = FEW_HELD_OUT
    config["self_align"]["synthesis"].update(target=16, rounds=1, minimum_share=0.1)
    config["self_align"]["topics"].update(seeds=FEW_QUESTIONS, rounds=1)
    config["self_align"]["prompts"] = {"most": 24}
    # Some replies are cut off here, so that there are rows for the filters to reject.
    config["self_align"]["replying"]["max_tokens"] = 41
    config["training"].update(epochs=1, save_steps=2)
    return config


def small_autoif_config() -> dict:
    """AutoIF in miniature, with fewer rows: SFT, offline and online DPO on what a dozen constraints give."""
    config = yaml.safe_load((ROOT / "config/examples/tiny_autoif.yaml").read_text())
    config["engine"]["cpu_threads"] = config["training"]["cpu_threads"] = config["autoif"]["dpo"]["cpu_threads"] = 1
    config["models"]["tiny_autoif"]["held_out"]["tasks"] = FEW_HELD_OUT
    config["autoif"]["instructions"].update(seeds=FEW_CONSTRAINTS, calls=2)
    # Some functions are cut off here, so that there are answers that cannot be read.
    config["autoif"]["verifiers"].update(samples=4, max_tokens=150)
    config["autoif"]["cross_validation"].update(least_functions=2, least_cases=4)
    config["autoif"]["queries"]["per_instruction"] = 3
    config["training"].update(epochs=1, save_steps=2)
    config["autoif"]["dpo"].update(save_steps=2)
    return config


@dataclass
class Project:
    """A checkout of the project in a folder of its own, and how to run it."""

    folder: Path

    def configure(self, config: dict) -> None:
        (self.folder / "config/config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        command = [sys.executable, "-m", "snakemake", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert not check or done.returncode == 0, done.stdout[-4000:]
        return done

    def make_demo(self, name: str) -> None:
        """Run `make demo-…` as README says, on the checkout's configuration instead of the example's."""
        example = self.folder / f"config/examples/tiny_{name.replace('-', '_')}.yaml"
        shutil.copyfile(self.folder / "config/config.yaml", example)
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        # The environment that the tests run in is the one to use: --old-file has make set up no other.
        done = subprocess.run(
            ["make", "--old-file", ".venv/installed", f"demo-{name}"],
            cwd=self.folder, env=environment, text=True, stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    def command(self, module: str, *arguments: str) -> subprocess.CompletedProcess:
        """Run one of the project's commands in the checkout, without any input."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder, text=True, stdin=subprocess.DEVNULL, capture_output=True, check=True,
        )  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake in a session of its own, and return while it runs."""
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.folder, env=environment, start_new_session=True,
            stdout=(self.folder / "said.txt").open("w"), stderr=subprocess.STDOUT,
        )  # fmt: skip

    def planned(self, *arguments: str) -> dict[str, list[str]]:
        """The jobs of a dry run: {output: why it is made}."""
        plan = self.snakemake("-n", *(arguments or ("all",))).stdout
        jobs, rule, output = {}, None, None
        for line in plan.splitlines():
            words = line.strip().split(" ", 1)
            if words[0] in ("rule", "localrule"):
                rule = words[1].rstrip(":")
            elif words[0] == "output:":
                output = words[1]
            elif words[0] == "reason:" and rule != "all":
                jobs[f"{rule}: {output}"] = words[1]
        return jobs

    def jobs(self, *arguments: str) -> Counter[str]:
        """How many jobs of each rule a dry run plans."""
        return Counter(job.split(":")[0] for job in self.planned(*arguments))

    def copy_to(self, folder: Path) -> "Project":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)


def wait_for(condition: Callable[[], bool], running: subprocess.Popen, seconds: float = 120) -> None:
    """Wait until something has become so while a process runs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert running.poll() is None, "it ended before"
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)


def checkout(folder: Path) -> Project:
    """Copy what git would give a new clone, with the changes that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True, capture_output=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() or (ROOT / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    return Project(folder)


@pytest.fixture
def project(tmp_path) -> Project:
    """A fresh checkout with the small configuration, nothing made yet."""
    fresh = checkout(tmp_path / "project")
    fresh.configure(small_config())
    return fresh


def configure_self_align(project: Project, config: dict) -> None:
    """Configure a version of the small SELF-ALIGN configuration, and write the files that it names."""
    write_rows(project.folder / FEW_HELD_OUT, [*held_out_rows(11, seed=1), *unanswerable_rows(9, seed=1)])
    questions = islice(read_rows(project.folder / "config/seeds/tiny_questions.jsonl"), 4)
    write_rows(project.folder / FEW_QUESTIONS, questions)
    project.configure(config)


def configure_autoif(project: Project, config: dict) -> None:
    """Configure a version of the small AutoIF configuration, and write the files that it names."""
    tasks = [*constrained_rows(SEEN, "seen", 10, seed=1), *constrained_rows(UNSEEN, "unseen", 10, seed=1)]
    write_rows(project.folder / FEW_HELD_OUT, tasks)
    write_rows(project.folder / FEW_CONSTRAINTS, islice(read_rows(ROOT / "config/seeds/tiny_constraints.jsonl"), 12))
    project.configure(config)


class MadeOnce(Protocol):
    """Returns the checkout of this name, which the function has made from a fresh one."""

    def __call__(self, name: str, make: Callable[[Project], None]) -> Project: ...


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, request) -> MadeOnce:
    """Real runs, each made once for all processes of the tests; they only look at it."""
    several = hasattr(request.config, "workerinput")
    folder = tmp_path_factory.getbasetemp().parent if several else tmp_path_factory.getbasetemp()

    def once(name: str, make: Callable[[Project], None]) -> Project:
        with sole_writer(folder / f"{name}.lock"):
            if not (folder / name).is_dir():
                make(checkout(folder / f"un{name}/project"))
                (folder / f"un{name}").rename(folder / name)
        return Project(folder / f"{name}/project")

    return once


@pytest.fixture(scope="session")
def finished(made_once) -> Project:
    """A checkout in which the whole loop of I-SHEEP has run."""

    def make(project: Project) -> None:
        project.configure(small_config())
        project.snakemake("--cores", "2", "all", "results/iter2/merged")

    return made_once("finished", make)


@pytest.fixture(scope="session")
def self_aligned(made_once) -> Project:
    """A checkout in which SELF-ALIGN has run, with an engraved model and a verbose one."""

    def make(project: Project) -> None:
        configure_self_align(project, small_self_align_config())
        project.make_demo("self-align")

    return made_once("self_aligned", make)


@pytest.fixture(scope="session")
def followed(made_once) -> Project:
    """A checkout in which AutoIF has run: a model after SFT, one after offline DPO, and one after online DPO."""

    def make(project: Project) -> None:
        configure_autoif(project, small_autoif_config())
        project.make_demo("autoif")

    return made_once("followed", make)


@pytest.fixture
def rerun(finished, tmp_path) -> Project:
    """A copy of the finished run, to change something in."""
    return finished.copy_to(tmp_path / "project")
