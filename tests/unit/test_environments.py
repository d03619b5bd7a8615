"""envs/*.yaml, for --sdm conda, hold the very pins that the tests run with; no conda channel is needed to check it."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from tests.conftest import ROOT

ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))


def pins(lines: list[str]) -> dict[str, str]:
    """The pinned version of each package; the names are compared as pip does."""
    pairs = (line.partition("#")[0].strip().split("==") for line in lines if "==" in line.partition("#")[0])
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def pip_part(environment) -> list[str]:
    dependencies = yaml.safe_load(environment.read_text())["dependencies"]
    (pip,) = [part["pip"] for part in dependencies if isinstance(part, dict)]
    return pip


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda file: file.stem)
def test_its_pins_are_those_of_the_requirements(environment):
    tested = pins([*(ROOT / "requirements.txt").read_text().splitlines()])
    pip = pip_part(environment)
    assert all("==" in requirement for requirement in pip)
    assert pins(pip).items() <= tested.items()


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda file: file.stem)
def test_its_python_is_one_that_the_project_runs_on(environment):
    dependencies = yaml.safe_load(environment.read_text())["dependencies"]
    (version,) = [part.removeprefix("python=") for part in dependencies if str(part).startswith("python=")]
    assert tuple(map(int, version.split("."))) >= (3, 11)


def offered_on_pypi(package: str) -> set[str]:
    """The versions that pip could install here from PyPI itself; empty if it cannot be reached or has none."""
    own_places = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL")
    environment = {name: value for name, value in os.environ.items() if name not in own_places}
    command = ["pip", "index", "versions", "--pre", "--index-url=https://pypi.org/simple", package]
    listed = subprocess.run(
        [sys.executable, "-m", *command],
        env={**environment, "PIP_CONFIG_FILE": os.devnull},
        text=True,
        capture_output=True,
    )
    versions = re.search("Available versions: (.*)", listed.stdout)
    return set(versions[1].split(", ")) if versions else set()


def test_every_pin_can_be_had_from_pypi():
    if not offered_on_pypi("pip"):
        pytest.skip("PyPI cannot be reached from here, so that the pins of envs/ cannot be looked up")
    wanted = pins([requirement for environment in ENVIRONMENTS for requirement in pip_part(environment)])
    with ThreadPoolExecutor(4) as pool:
        offered = dict(zip(wanted, pool.map(offered_on_pypi, wanted), strict=True))
    assert {package for package, version in wanted.items() if version not in offered[package]} == set()
