"""The cluster, started once for all tests, and the runs that several of them look at."""

import shutil
from pathlib import Path

import psutil
import pytest

from tests.cluster.slurm import Cluster, why_not
from tests.cluster.workflow import MODEL, SNAKEMAKE, tiny_config
from tests.workflow.conftest import Project, checkout


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster
        end_runs()


def end_runs() -> None:
    """Kill every Snakemake that a failed test has left running."""
    for child in psutil.Process().children():
        if child.status() != psutil.STATUS_ZOMBIE and SNAKEMAKE in child.cmdline():
            child.kill()


@pytest.fixture(scope="session")
def reference(tmp_path_factory) -> Project:
    """The same loop on this machine alone, in one shard and undisturbed: what every run must equal."""
    project = checkout(tmp_path_factory.mktemp("reference") / "project")
    config = tiny_config()
    config["engine"]["shards"] = 1
    project.configure(config)
    project.snakemake("--cores", "2", MODEL)
    return project


@pytest.fixture
def copy(reference, tmp_path) -> Project:
    """A copy of the finished loop to make something of anew: without what its jobs would resume from."""
    project = reference.copy_to(tmp_path / "project")
    for journal in project.folder.glob("work/*/*/*/journal_*"):
        journal.unlink()
    for checkpoints in project.folder.glob("work/*/*/checkpoints"):
        shutil.rmtree(checkpoints)
    return project


def new_project(folder: Path, config: dict) -> Project:
    """A fresh checkout with a configuration, nothing made yet."""
    project = checkout(folder)
    project.configure(config)
    return project
