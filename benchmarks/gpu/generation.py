"""Tokens written per second on a GPU by both engines, beside the libraries used as published and the bandwidth."""

from importlib.util import find_spec

from benchmarks import requests
from benchmarks.comparing import rates
from benchmarks.gpu.limits import middle, share_of_bandwidth
from benchmarks.results import Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Task, alternate, apart
from benchmarks.streaming import fixed_batches, streamed, token_budget, vllm_batches

REQUESTS = 256
WHAT = "mixed lengths: tokens written"
SIZE = "requests, mixed lengths"


def measure(setup: Setup) -> Report:
    """Compare the transformers engine with `generate` in batches of 32."""
    size = setup.size(REQUESTS)
    arguments = (setup.model, requests.of_mixed_lengths(size), setup.how)
    tasks = Task(token_budget, arguments, [size]), Task(fixed_batches, arguments, [size])
    sides = alternate(*tasks, setup.rounds, setup.log)
    report = rates("gpu_generation", WHAT, "tokens", sides, bar=2.0, size=SIZE)
    for name, side in zip(("ours", "reference"), sides, strict=True):
        used = middle(side, lambda run: share_of_bandwidth(setup, run))
        what = f"memory bandwidth used for weights, keys and values: {name}"
        report.facts.append(Fact("gpu_generation", what, used, "%"))
    return report


def measure_vllm(setup: Setup) -> Report:
    """Compare our vLLM engine with vLLM's `generate` in batches of 32, where vLLM is installed."""
    if not find_spec("vllm"):
        return Report(notes=["gpu_vllm: not measured, because vllm is not installed (requirements-vllm-gpu.txt)."])
    size = setup.size(REQUESTS)
    arguments = (setup.model, requests.of_mixed_lengths(size), setup.how)
    # Each takes nine tenths of the GPU's memory, so that the other must have ended.
    sides = apart(Task(streamed, arguments, [size]), Task(vllm_batches, arguments, [size]), setup.rounds, setup.log)
    return rates("gpu_vllm", WHAT, "tokens", sides, bar=None, size=SIZE)
