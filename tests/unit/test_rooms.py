"""Who may import whom: the library no script, a recipe no other recipe, and nothing in the library is a recipe's."""

import ast
from pathlib import Path

import pytest

from scripts.recipes import RECIPES
from tests.conftest import ROOT

ROOMS = {*RECIPES, "report", "tiny_world"}


def imported(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text()))
    return {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("file", sorted((ROOT / "scripts/lib").rglob("*.py")), ids=lambda file: file.stem)
def test_the_library_imports_no_script_and_names_no_recipe(file):
    own = {name for name in imported(file) if name.split(".")[0] == "scripts"}
    assert all(name.startswith("scripts.lib") for name in own)
    assert not any(recipe in file.relative_to(ROOT).as_posix() for recipe in RECIPES)


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_a_recipe_imports_no_other_recipe_and_no_chapter_of_the_report(recipe):
    for file in (ROOT / "scripts" / recipe).glob("*.py"):
        rooms = {name.split(".")[1] for name in imported(file) if name.startswith("scripts.")}
        assert not rooms & (ROOMS - {recipe}), file


def test_code_that_is_given_as_text_runs_in_the_sandbox_alone():
    def runs_text(node):
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("exec", "eval")

    found = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "scripts").rglob("*.py")
        if any(map(runs_text, ast.walk(ast.parse(file.read_text()))))
    ]
    assert found == ["scripts/lib/sandbox/child.py"]
