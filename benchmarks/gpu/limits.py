"""What a device could do at most, bytes moved and bf16 operations per second, measured here; and the share used."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.results import Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Run, Side, Task, Work, alone

ITEM = "gpu_limits"
WARMING_UP, REPEATS = 3, 50


@dataclass(frozen=True)
class Limits:
    """Bytes read or written, and operations on bf16 matrices, in a second."""

    bytes_per_second: float
    flops: float


@dataclass(frozen=True)
class Weights:
    """What one pass of a model takes: matrices that are read whole, and keys and values for each token before."""

    parameters: int
    """Of the matrices that every token is multiplied with: all but the table of embeddings."""
    cached: int
    """Keys and values of one token, in all layers."""
    size: int
    """Bytes of a number."""

    def bytes_of(self, run: Run) -> float:
        """Return what a generation must read: the weights once in each pass, and each row's own keys and values."""
        return float(self.size * (self.parameters * run.counted["passes"] + self.cached * run.counted["attended"]))


def measure(setup: Setup) -> Report:
    """Measure both limits."""
    found = limits(setup.how, setup.quick, setup.log)
    return Report(
        facts=[
            Fact(ITEM, "bytes read and written by a copy", found.bytes_per_second / 1e9, "GB/s"),
            Fact(ITEM, "operations of a bf16 matrix product", found.flops / 1e12, "TFLOP/s"),
        ]
    )


@cache
def limits(how: Computing, quick: bool, log: Path) -> Limits:
    """Return the limits of a device, measured once in this process: by copying memory, and by a product of matrices."""
    large = how.device == "gpu" and not quick
    copied = alone(Task(copying, (how, 2**32 if large else 2**26), [REPEATS]), log).largest[0]
    multiplied = alone(Task(multiplying, (how, 8192 if large else 512), [REPEATS]), log).largest[0]
    return Limits(copied.rate("bytes", "wall"), multiplied.rate("operations", "wall"))


def copying(how: Computing, size: int) -> Work:
    """Return the work of copying so many bytes again and again, each of which is read and written."""
    import torch

    torch.set_num_threads(how.threads)
    source = torch.ones(size, dtype=torch.uint8, device=how.torch_device)
    target = torch.empty_like(source)
    return _repeating(lambda: target.copy_(source), "bytes", 2 * size)


def multiplying(how: Computing, rows: int) -> Work:
    """Return the work of multiplying two square bf16 matrices of random numbers again and again."""
    import torch

    torch.set_num_threads(how.threads)
    first, second = (torch.randn(rows, rows, dtype=torch.bfloat16, device=how.torch_device) for _ in range(2))
    return _repeating(lambda: first @ second, "operations", 2 * rows**3)


def _repeating(step: Callable[[], object], counted: str, each: int) -> Work:
    """Return the work of doing a step so many times, after some that warm up."""

    def work(size: int) -> dict[str, Any]:
        for _ in range(size):
            step()
        return {counted: size * each}

    work(WARMING_UP)
    return work


def weights(model: Path, how: Computing) -> Weights:
    """Return what a pass of a Llama takes, told by its files."""
    from safetensors import safe_open
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(model)
    parameters = 0
    for file in model.glob("*.safetensors"):
        with safe_open(str(file), framework="pt") as opened:
            shapes = {name: opened.get_slice(name).get_shape() for name in opened.keys()}  # noqa: SIM118
        matrices = {name: shape for name, shape in shapes.items() if len(shape) == 2}
        if not config.tie_word_embeddings:
            matrices = {name: shape for name, shape in matrices.items() if "embed_tokens" not in name}
        parameters += sum(rows * columns for rows, columns in matrices.values())
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    cached = 2 * config.num_hidden_layers * config.num_key_value_heads * head
    return Weights(parameters, cached, 2 if how.dtype == "bfloat16" else 4)


def share_of_bandwidth(setup: Setup, run: Run) -> float:
    """Return how much of the memory bandwidth a generation used for what it had to read, in percent."""
    taken = weights(setup.model, setup.how).bytes_of(run) / run.wall
    return 100 * taken / limits(setup.how, setup.quick, setup.log).bytes_per_second


def share_of_operations(setup: Setup, tokens: float, seconds: float, passes: int = 1) -> float:
    """Return the model-flops utilisation, in percent: 2 operations for each parameter and token, in each of the passes.

    What attention multiplies is left out: at these lengths it is a few percent.
    """
    done = 2 * passes * weights(setup.model, setup.how).parameters * tokens / seconds
    return 100 * done / limits(setup.how, setup.quick, setup.log).flops


def middle(side: Side, value: Callable[[Run], float]) -> float:
    """Return the median of a value over the runs of a side's largest size."""
    return median(value(run) for run in side.largest)
