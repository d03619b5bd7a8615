"""What a machine with PyTorch for CUDA needs beside it: all that the project pins, and nothing of what it has."""

import shutil

import pytest

from scripts import wheels
from scripts.lib.errors import UserError
from tests.conftest import is_pypi_reached

ONE = "tabulate==0.10.0"


@pytest.fixture
def make(tmp_path):
    """Return a function that runs the command for a file of requirements."""
    if shutil.which("uv") is None or not is_pypi_reached():
        pytest.skip("PyPI cannot be reached from here, or uv is not installed")

    def run(requirements, *options):
        (tmp_path / "needed.txt").write_text(requirements)
        files = [f"--requirements={tmp_path / 'needed.txt'}", f"--output={tmp_path / 'wheels'}"]
        wheels.main(wheels.parser().parse_args([*files, *options]))
        return tmp_path / "wheels"

    return run


def test_all_that_is_brought_along_is_listed_but_torch_and_what_the_machine_has(make, tmp_path, capsys):
    (tmp_path / "have.txt").write_text("numpy==2.5.2\nHuggingface-Hub   1.33.0\n# a comment\n")
    make("torch\nnvidia-ml-py\naccelerate\n", "--list", f"--have={tmp_path / 'have.txt'}")
    names = {line.partition("==")[0] for line in capsys.readouterr().out.splitlines()}
    assert {"accelerate", "psutil", "safetensors", "sympy"} <= names
    assert not {name for name in names if name.startswith(("nvidia", "cuda"))}
    assert not names & {"torch", "triton", "numpy", "huggingface-hub"}


def test_the_wheels_are_those_of_the_machine_and_pinned_for_pip(make, capsys):
    folder = make(f"{ONE}\nMarkupSafe\n", "--python=3.12")
    made = {file.name.partition("-")[0]: file.name for file in folder.glob("*.whl")}
    assert made.keys() == {"tabulate", "markupsafe"}
    assert "cp312" in made["markupsafe"] and made["markupsafe"].endswith("x86_64.whl")
    assert ONE in (folder / "requirements.txt").read_text().splitlines()
    assert made["tabulate"] in capsys.readouterr().out


def test_versions_that_do_not_fit_are_told_in_a_line(make):
    with pytest.raises(UserError, match=r"needed\.txt: cannot be pinned: .*tabulate"):
        make("tabulate==0.9.0\n", "--list")
