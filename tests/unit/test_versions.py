"""What changes the version of a module, and so runs jobs again, and what does not."""

import shutil
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from scripts.lib.run.versions import WITHOUT_EFFECT, code_version, imported_files, meaning, versions
from tests.conftest import ROOT

JOB = '''"""Does something."""

from pathlib import Path

from scripts.lib import cli
from scripts.lib.rows.limit import LIMIT


def main() -> int:
    """Return the limit."""
    return LIMIT  # as it stands
'''

PACKAGE = {
    "job": JOB,
    "lib/cli": "WIDTH = 80\n",
    "lib/rows/limit": 'LIMIT = 5\n"""The most there may be."""\n',
    "lib/rows/settings": "LIMIT = 7\n",
}


@pytest.fixture
def changed(tmp_path):
    """Return a function that gives the versions of `scripts.job` in a small package with other texts in it."""

    def versions_with(**texts):
        for name, text in {**PACKAGE, **texts}.items():
            file = tmp_path / f"scripts/{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        # A copy looks at the package it lies in, and remembers nothing of another.
        file = tmp_path / "scripts/lib/run/versions.py"
        file.parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "scripts/lib/run/versions.py", file)
        spec = spec_from_file_location("versions_of_a_small_package", file)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return dict(each.split("@") for each in module.versions("scripts.job"))

    return versions_with


def test_modules_are_named_with_all_that_they_import_of_the_package(changed):
    assert list(changed()) == ["job", "rows.limit"]


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        ({"job": JOB.replace("as it stands", "in a word")}, set()),
        ({"job": JOB.replace("Does something", "Does it").replace("Return the limit", "See LIMIT")}, set()),
        ({"job": JOB.replace("LIMIT  #", "(LIMIT)  #")}, set()),
        ({"lib/rows/limit": "# How many?\nLIMIT = 5\n"}, set()),
        ({"lib/cli": "WIDTH = 120\n"}, set()),
        ({"lib/rows/settings": "LIMIT = 8\n"}, set()),
        ({"job": JOB.replace("LIMIT  #", "LIMIT + 1  #")}, {"job"}),
        ({"lib/rows/limit": "LIMIT = 6\n"}, {"rows.limit"}),
        ({"lib/rows/limit": "LIMIT = 5.0\n"}, {"rows.limit"}),
        ({"job": JOB.replace("    return", "    import scripts.lib.rows.settings\n    return")}, {"job"}),
    ],
)
def test_what_a_module_does_is_its_version_and_how_it_is_told_is_not(changed, texts, named):
    before, after = changed(), changed(**texts)
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == named


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x = 1  # one", "x = 1", True),
        ("def f():\n    'Say.'", "def f():\n    pass", True),
        ("class C:\n    'Said.'\n    x = 1", "class C:\n    x = 1", True),
        ("f('x')", "f('y')", False),
        ("x = 'a'", "x = b'a'", False),
        ("x = 1", "x = True", False),
        ("x = None", "x = ...", False),
        ("f(1, 2)", "f(2, 1)", False),
    ],
)
def test_two_texts_mean_the_same_if_they_differ_in_words_for_readers_only(one, other, same):
    assert (meaning(one) == meaning(other)) is same


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_what_is_said_to_be_without_effect_is_there_and_in_no_closure(name):
    path = ROOT.joinpath(*name.split("."))
    assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
    short = name.removeprefix("scripts.").removeprefix("lib.")
    for script in (ROOT / "scripts").rglob("*.py"):
        module = ".".join(script.relative_to(ROOT).with_suffix("").parts)
        assert not any(each.startswith((f"{short}@", f"{short}.")) for each in versions(module)), module


def test_how_a_loss_is_drawn_does_not_train_again():
    trained = {each.partition("@")[0] for each in versions("scripts.train_adapter")}
    assert {"train_adapter", "training.sft", "training.data", "training.order"} <= trained
    assert not any(name.startswith("report.") for name in trained)
    assert "scripts.report.draw_loss" not in imported_files("scripts.train_adapter")


def test_a_module_of_another_package_has_no_version():
    assert versions("json.tool") == []
    assert code_version("json.tool", "scripts.share") == code_version("scripts.share") != code_version("scripts.status")
