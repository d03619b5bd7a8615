"""The cluster, started once for all tests, and the runs that several of them look at."""

import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.cluster.slurm import SETTINGS, WRITTEN, Cluster, why_not
from tests.cluster.workflow import MODEL, SNAKEMAKE, finish, start, tiny_config
from tests.workflow.conftest import Project, checkout


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("cluster")
    with Cluster(folder) as cluster:
        yield cluster
        end_runs()
    assert not [file for file in SETTINGS.iterdir() if file.name in WRITTEN]
    assert not [process.cmdline() for process in psutil.process_iter() if str(folder) in " ".join(process.cmdline())]


def end_runs() -> None:
    """Kill every Snakemake that a failed test has left running."""
    for child in psutil.Process().children():
        if child.status() != psutil.STATUS_ZOMBIE and SNAKEMAKE in child.cmdline():
            child.kill()


@pytest.fixture(scope="session")
def started_reference(tmp_path_factory) -> tuple[Project, subprocess.Popen]:
    """The run that `reference` waits for; it goes on while the cluster is broken."""
    config = tiny_config()
    config["engine"]["shards"] = 1
    project = new_project(tmp_path_factory.mktemp("reference") / "project", config)
    return project, start(project, "--cores", "2", MODEL)


@pytest.fixture(scope="session")
def reference(started_reference) -> Project:
    """The same loop on this machine alone, in one shard and undisturbed: what every run must equal."""
    finish(*started_reference)
    return started_reference[0]


@pytest.fixture
def copy(reference, tmp_path) -> Project:
    """A copy of the finished loop to make something of anew: without what its jobs would resume from."""
    project = reference.copy_to(tmp_path / "project")
    for pattern in ("work/*/*/*/journal", "work/*/*/checkpoints"):
        for folder in project.folder.glob(pattern):
            shutil.rmtree(folder)
    return project


def new_project(folder: Path, config: dict) -> Project:
    """A fresh checkout with a configuration, nothing made yet."""
    project = checkout(folder)
    project.configure(config)
    return project
