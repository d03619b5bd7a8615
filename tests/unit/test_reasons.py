"""Every reason for which rows are rejected: on one page with what to do, and named in the errors that it leads to."""

import ast
import importlib
import re
from collections import Counter

import pytest

from scripts import rejection_reference
from scripts.autoif.settings import AutoIf
from scripts.configuration import Method
from scripts.isheep.settings import Isheep
from scripts.lib.rows.reasons import Reason, advice
from scripts.self_align.settings import SelfAlign

MAKERS = {"Reason", "Rule", "TextRule", "pattern_rule"}


def sources(root):
    """The syntax trees of all our modules, by name."""
    for file in sorted((root / "scripts").rglob("*.py")):
        yield ".".join(file.relative_to(root).with_suffix("").parts), ast.parse(file.read_text())


def calls(tree, names):
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names
    ]


def reasons_in(value):
    if isinstance(value, Reason):
        yield value
    elif isinstance(value, tuple | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from reasons_in(each)


def test_the_page_of_reasons_is_in_step_with_the_code(root, tmp_path):
    rejection_reference.main(rejection_reference.parser().parse_args(["--output", str(tmp_path / "page.md")]))
    remedy = "run python -m scripts.rejection_reference --output docs/rejected.md"
    assert (tmp_path / "page.md").read_text() == (root / "docs/rejected.md").read_text(), remedy


def test_every_reason_of_the_code_stands_on_the_page(root):
    on_page = {reason for reasons in rejection_reference.CHAPTERS.values() for reason in reasons}
    modules = [name for name, tree in sources(root) if calls(tree, MAKERS)]
    assert len(modules) >= 6
    found = {
        reason
        for module in map(importlib.import_module, modules)
        for value in vars(module).values()
        for reason in reasons_in(value)
    }
    assert found - on_page == set()
    assert len(found) > 40


def test_every_rejection_names_a_reason_that_stands_in_its_module(root):
    """A text instead of a reason, or a reason made on the spot, would stand on no page."""
    rejecting = {name: calls(tree, {"Verdict", "reject"}) for name, tree in sources(root)}
    given = [
        (name, call.args[0 if getattr(call.func, "id", "") == "Verdict" else -1])
        for name, found in rejecting.items()
        for call in found
        if isinstance(call.func, ast.Name)
    ]
    assert len(given) >= 12
    for name, argument in given:
        assert not calls(argument, MAKERS) and not isinstance(argument, ast.Constant | ast.JoinedStr), name


@pytest.mark.parametrize("reason", [reason for found in rejection_reference.CHAPTERS.values() for reason in found])
def test_the_keys_that_a_remedy_names_are_those_of_the_configuration(reason):
    assert reason.meaning and reason.remedy and ";" not in reason.remedy, "which stands between remedies"
    recipes = [Isheep, SelfAlign, AutoIf, Method]
    chapters = {name for recipe in recipes for name in recipe.model_fields}
    for chapter, key in re.findall(rf"\b({'|'.join(chapters)})\.(\w+)", reason.remedy):
        sections = [recipe.model_fields[chapter].annotation for recipe in recipes if chapter in recipe.model_fields]
        assert any(key in section.model_fields for section in sections), f"{reason.name}: {chapter}.{key}"


FEW, MANY, RARE = (Reason(name, "what", f"raise {name}") for name in ("few", "many", "rare"))


@pytest.mark.parametrize(
    ("rejected", "expected"),
    [
        ({"rare": 1, "many": 9}, ["against many, raise many"]),
        ({"few": 4, "many": 5}, ["against many, raise many", "against few, raise few"]),
        ({"few": 4, "many": 5, "rare": 4}, ["against many, raise many", "against few, raise few"]),
        ({"of another program": 5, "few": 5}, ["against few, raise few"]),
        ({}, []),
    ],
)
def test_advice_is_by_the_most_frequent_reasons(rejected, expected):
    assert advice(Counter(rejected), (FEW, MANY, RARE)) == expected
