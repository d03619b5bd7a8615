"""What it costs that a GPU gives the same bytes each time: the settings for it, beside kernels as torch chooses."""

from importlib import import_module
from typing import Any

from benchmarks import requests
from benchmarks import training as on_rows
from benchmarks.comparing import rates, values
from benchmarks.gpu.training import rate, training_arguments
from benchmarks.results import Report
from benchmarks.setup import Setup
from benchmarks.sides import Prepare, Task, Work, alternate
from benchmarks.streaming import token_budget

REQUESTS, ROWS = 96, 128
SETTLED_IN = ("scripts.lib.engines.transformers", "scripts.lib.training.sft")


def measure(setup: Setup) -> Report:
    """Compare generation and training with and without the settings."""
    size = setup.size(REQUESTS)
    arguments: tuple[Any, ...] = (setup.model, requests.of_mixed_lengths(size), setup.how)
    sides = alternate(*_tasks(token_budget, arguments, size), setup.rounds, setup.log)
    what = "the same bytes each time (reference: not), tokens written"
    report = rates("gpu_determinism", what, "tokens", sides, bar=None, size="requests")

    size = setup.size(ROWS)
    arguments = training_arguments(setup, size, setup.work / "gpu_determinism")
    sides = alternate(*_tasks(on_rows.of_like_length, arguments, size), setup.rounds, setup.log)
    what = "the same bytes each time (reference: not), tokens trained on per second"
    report.comparisons.append(values("gpu_determinism", what, "/s", rate, sides, bar=None, less_is_better=False))
    return report


def _tasks(prepare: Prepare, arguments: tuple[Any, ...], size: int) -> tuple[Task, Task]:
    return Task(prepare, arguments, [size]), Task(as_torch_chooses, (prepare, arguments), [size])


def as_torch_chooses(prepare: Prepare, arguments: tuple[Any, ...]) -> Work:
    """Return the work of another side in a process in which nothing asks for the same bytes each time."""
    for name in SETTLED_IN:
        vars(import_module(name))["compute_reproducibly"] = lambda **chosen: None
    return prepare(*arguments)
