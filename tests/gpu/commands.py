"""Commands as a user gives them, on the first GPU or with all GPUs hidden, and how to kill one at a chosen moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT

DEVICE = "cuda"
"""What a row says that was made on a GPU."""

LIMITED = """
import runpy, sys, torch
torch.cuda.set_per_process_memory_fraction(float(sys.argv.pop(1)) * 2**30 / torch.cuda.mem_get_info()[1])
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
"""Runs a command that may take so many GiB of the GPU's memory, as if the rest were taken."""


def environment(device: str) -> dict[str, str]:
    """Return the environment of a command on the "gpu" or the "cpu"."""
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0] if device == "gpu" else ""
    return {**os.environ, "CUDA_VISIBLE_DEVICES": seen}


def run(module: str, *options: object, device: str = "gpu") -> str:
    """Run a command to its end, which must be a good one; return what it said."""
    done = subprocess.run(_command(module, options), **_how(device))
    assert done.returncode == 0, done.stderr
    return done.stderr


def refused(module: str, *options: object, gigabytes: float) -> str:
    """Run a command with so little of the GPU's memory that it must fail; return the one line of its error."""
    command = [sys.executable, "-c", LIMITED, str(gigabytes), module, *map(str, options)]
    done = subprocess.run(command, **_how("gpu"))
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.rpartition("error: ")[2].strip()


def kill_when(moment: Callable[[], bool], module: str, *options: object) -> None:
    """Start a command and kill it (-9) at a moment, which must come before its end."""
    with subprocess.Popen(
        _command(module, options), cwd=ROOT, env=environment("gpu"), stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not moment():
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL


def lines_in(file: Path) -> int:
    """Return how many whole lines a file has; none if it is not there."""
    return file.read_bytes().count(b"\n") if file.exists() else 0


def _command(module: str, options: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", module, *map(str, options)]


def _how(device: str) -> dict:
    return {"cwd": ROOT, "env": environment(device), "capture_output": True, "text": True}
