"""Processes that work in a folder: whom to kill, and what was running."""

import re
from collections.abc import Iterator
from pathlib import Path

import psutil


def working_in(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the command line of every living process whose working folder this is."""
    for process in psutil.process_iter(["cmdline", "cwd"]):
        if process.info["cmdline"] and process.info["cwd"] == str(folder.resolve()):
            yield process.pid, " ".join(process.info["cmdline"])


def modules_running(folder: Path) -> set[str]:
    """Return the project's modules that run in a folder, such as "complete"."""
    return {match[1] for _, command in working_in(folder) if (match := re.search(r"-m scripts\.([\w.]+)", command))}
