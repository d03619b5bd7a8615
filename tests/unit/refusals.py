"""A command that is given something bad: it says so in a clear line, and everything stays as it was."""

import contextlib
import hashlib
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from unittest import mock

import pytest

from scripts.lib import cli


def state(folder: Path) -> dict[str, str]:
    """Return what a folder holds, by path: the hash of a file, the target of a link, the kind of anything else."""
    return {path.relative_to(folder).as_posix(): _content(path) for path in sorted(folder.rglob("*"))}


def refusal(command: str, *arguments: object, inputs: Path, output: Path | None = None) -> str:
    """Run a command (a module of scripts) as its command line does; return what it says when it refuses.

    It must end with exit code 2 and with lines of which the first begins with "error: " (argparse: after
    its usage), without a traceback; everything in the folder `inputs` must stay as it is, and nothing may stand
    at `output`.
    """
    module = import_module(f"scripts.{command}")
    before, said = state(inputs), io.StringIO()
    with (
        mock.patch.object(sys, "argv", [command, *map(str, arguments)]),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        pytest.raises(SystemExit) as end,
    ):
        cli.run(module.main, module.parser())
    text = said.getvalue()
    assert end.value.code == 2, text
    assert "Traceback" not in text, text
    assert "error: " in text, text
    assert state(inputs) == before, f"{command} changed its inputs"
    assert output is None or not os.path.lexists(output), f"{command} left {output}"
    return text[text.index("error: ") :]


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "folder" if path.is_dir() else "special"
