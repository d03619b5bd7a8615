"""How long models have worked: each attempt at a job that runs one leaves a small file, and touches it while it works.

Counted is the time from the beginning of the command to its last touch, of attempts that were killed, too (to within
SECONDS). Not counted is what comes before: the queue, the start of Snakemake and of Python. Snakemake's own metadata
cannot tell: they hold the last attempt only, and for a job on a cluster no time at which it began.
"""

import os
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from scripts.lib.rows.files import read_json, write_json
from scripts.lib.rows.shapes import Shape, check_shape

SECONDS = 10.0
"""Between two touches."""


class _Attempt(Shape):
    """What an attempt writes when it begins."""

    began: float
    gpus: int
    cores: int


_ATTEMPT: TypeAdapter[Any] = TypeAdapter(_Attempt)


@dataclass(frozen=True)
class Hours:
    """What attempts took in all: hours times GPUs and, of those without a GPU, hours times cores."""

    gpu: float = 0.0
    core: float = 0.0

    def __add__(self, other: "Hours") -> "Hours":
        return Hours(self.gpu + other.gpu, self.core + other.core)

    def __bool__(self) -> bool:
        return bool(self.gpu or self.core)

    def __str__(self) -> str:
        parts = [_lasting(hours, unit) for hours, unit in ((self.gpu, "GPU"), (self.core, "core")) if hours]
        return " and ".join(parts) or "nothing"


def _lasting(hours: float, unit: str) -> str:
    return f"{hours * 60:.1f} {unit} minutes" if hours < 0.1 else f"{hours:.2f} {unit} hours"


@contextmanager
def attempt(resumed_from: Path, gpus: int, cores: int) -> Iterator[None]:
    """Note how long the work takes that resumes from a folder, a journal or checkpoints: in a folder beside it."""
    folder = attempts_at(resumed_from)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.time()
    file = folder / f"{socket.gethostname()}_{os.getpid()}_{began:.0f}.json"
    write_json(file, {"began": began, "gpus": gpus, "cores": cores})
    ended = threading.Event()
    watch = threading.Thread(target=_touch_until, args=(file, ended), daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def attempts_at(resumed_from: Path) -> Path:
    """Return the folder of the attempts at the work that resumes from a folder."""
    return resumed_from.with_name(f"{resumed_from.name}.attempts")


def hours(folders: Iterable[Path]) -> Hours:
    """Return what the attempts took that are noted in some folders."""
    return sum((_hours_of(file) for folder in folders for file in folder.glob("*.json")), Hours())


def _touch_until(file: Path, ended: threading.Event) -> None:
    """Touch a file now and then, the last time when the work has ended; a file that was removed stays so."""
    while True:
        done = ended.wait(SECONDS)
        with suppress(OSError):
            # The clock of this machine, which wrote `began`, and not that of a file server.
            os.utime(file, (time.time(), time.time()))
        if done:
            return


def _hours_of(file: Path) -> Hours:
    noted = read_json(file)
    check_shape(_ATTEMPT, noted, str(file), "remove this file")
    taken = max(0.0, file.stat().st_mtime - noted["began"]) / 3600
    return Hours(gpu=taken * noted["gpus"]) if noted["gpus"] else Hours(core=taken * noted["cores"])
