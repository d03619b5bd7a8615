"""Two sides of a comparison, each in a process of its own, run in turn on work of the same sizes."""

import multiprocessing
import os
import re
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from scripts.lib.errors import UserError

Work = Callable[[int], dict[str, Any]]
"""Does the work of a size and returns what it counted; loaded and warm, so that only work is timed."""
Prepare = Callable[..., Work]

# Two OpenMP threads that wait by spinning are ten times slower beside any other busy process.
QUIET = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


@dataclass(frozen=True)
class Run:
    """One run of one side: seconds on the clock and of CPU, and what it counted."""

    wall: float
    cpu: float
    counted: dict[str, Any]

    def rate(self, name: str, clock: str) -> float:
        """Return how many of what was counted were done in a second on the clock ("wall") or of the CPU ("cpu")."""
        return float(self.counted[name] / getattr(self, clock))


@dataclass(frozen=True)
class Side:
    """All runs of one side: by size, in the order of the rounds; and the peak memory of its process."""

    runs: dict[int, list[Run]]
    mb: float

    @property
    def largest(self) -> list[Run]:
        """The runs of the largest size."""
        return self.runs[max(self.runs)]

    def costs(self, clock: str) -> list[tuple[float, float]]:
        """Return each size with the least seconds it took, on the clock ("wall") or of the CPU ("cpu")."""
        return [(size, min(getattr(run, clock) for run in runs)) for size, runs in self.runs.items()]


@dataclass(frozen=True)
class Task:
    """One side as it is asked for: `prepare(*arguments)` makes the work, which is done at every size."""

    prepare: Prepare
    arguments: tuple[Any, ...]
    sizes: Sequence[int]


def alternate(ours: Task, reference: Task, rounds: int, log: Path) -> tuple[Side, Side]:
    """Run both sides in turn, as often as there are rounds, and return what they measured.

    Both processes are made ready first; while one works, the other waits without using the CPU. Every
    other round begins with the reference. What the processes print goes to `log`.
    """
    tasks = (ours, reference)
    runs: tuple[dict[int, list[Run]], ...] = tuple({size: [] for size in task.sizes} for task in tasks)
    with _worker(ours, log) as first, _worker(reference, log) as second:
        workers = (first, second)
        for turn in range(rounds):
            for side in (0, 1) if turn % 2 == 0 else (1, 0):
                for size in tasks[side].sizes:
                    runs[side][size].append(workers[side].run(size))
        return Side(runs[0], first.peak_mb()), Side(runs[1], second.peak_mb())


def apart(ours: Task, reference: Task, rounds: int, log: Path) -> tuple[Side, Side]:
    """Run both sides in turn, each time in a process of its own that ends before the next begins.

    For what takes the whole device as long as it lives, as vLLM does. One size alone is run.
    """
    tasks = (ours, reference)
    found: tuple[list[Side], list[Side]] = ([], [])
    for turn in range(rounds):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            found[side].append(alone(tasks[side], log))
    return _together(found[0]), _together(found[1])


def _together(sides: Sequence[Side]) -> Side:
    sizes = sides[0].runs
    return Side({size: [run for side in sides for run in side.runs[size]] for size in sizes}, max(s.mb for s in sides))


def alone(task: Task, log: Path) -> Side:
    """Run one side once at each size, in a process of its own."""
    with _worker(task, log) as worker:
        runs = {size: [worker.run(size)] for size in task.sizes}
        return Side(runs, worker.peak_mb())


def script(module: str, arguments: Sequence[str]) -> Work:
    """Return the work of running one of the project's scripts with a command line; sizes do not matter to it."""
    chosen = import_module(module)
    args = chosen.parser().parse_args(arguments)

    def work(size: int) -> dict[str, Any]:
        chosen.main(args)
        return {}

    return work


class _Worker:
    """A process that does the work of one side when told to."""

    def __init__(self, connection: Connection, log: Path) -> None:
        self._connection = connection
        self._log = log

    def run(self, size: int) -> Run:
        return self._ask(size)

    def peak_mb(self) -> float:
        return self._ask(None)

    def ready(self) -> None:
        self._answer()

    def _ask(self, question: int | None) -> Any:
        self._connection.send(question)
        return self._answer()

    def _answer(self) -> Any:
        try:
            answer = self._connection.recv()
        except EOFError:
            answer = None
        if answer is None:
            raise UserError(f"a side of the comparison failed; see the end of {self._log}")
        return answer


@contextmanager
def _worker(task: Task, log: Path) -> Iterator[_Worker]:
    # A new interpreter, not a fork: nothing of this process shall count as the side's memory.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    os.environ.update(QUIET)
    process = context.Process(target=_serve, args=(task.prepare, task.arguments, there, log))
    process.start()
    there.close()
    worker = _Worker(here, log)
    try:
        worker.ready()
        yield worker
    finally:
        here.close()
        process.join(timeout=20)
        process.kill()
        process.join()


def _serve(prepare: Prepare, arguments: tuple[Any, ...], connection: Connection, log: Path) -> None:
    """Answer each size with a Run and None with the peak memory, until nobody asks any more."""
    stream = log.open("ab", buffering=0)
    for descriptor in (1, 2):
        os.dup2(stream.fileno(), descriptor)
    try:
        work = prepare(*arguments)
        connection.send("ready")
        while True:
            size = connection.recv()
            connection.send(_peak_mb() if size is None else _timed(work, size))
    except EOFError:
        return
    except BaseException:
        traceback.print_exc()
        connection.send(None)


def _timed(work: Work, size: int) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    counted = work(size)
    if (gpu := _gpu()) is not None:
        gpu.synchronize()
    return Run(time.perf_counter() - wall, time.process_time() - cpu, counted)


def _gpu() -> Any:
    """Return torch's interface to GPUs if this process has worked on one, else None."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def _peak_mb() -> float:
    """Return this process's peak memory: of the GPU, if it has worked on one, else of the machine.

    Linux tells it without what the parent had before the start.
    """
    if (gpu := _gpu()) is not None:
        return float(gpu.max_memory_allocated() / 2**20)
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.is_file() else None
    # getrusage counts kB on Linux and bytes on macOS, which has no /proc.
    return int(found[1]) / 2**10 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
