"""What every measurement is told: how much to do, with which model, on what, and where to put things."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scripts.lib.engines.base import Dtype, EngineSettings

Device = Literal["cpu", "gpu"]

SHRINK = 40
"""How many times less work a quick run does."""


@dataclass(frozen=True)
class Computing:
    """What both sides of a comparison compute on, and in which number format."""

    device: Device = "cpu"
    threads: int = 2

    @property
    def dtype(self) -> Dtype:
        """The number format of weights: as usual on a GPU, or the one that a CPU computes in."""
        return "bfloat16" if self.device == "gpu" else "float32"

    @property
    def torch_device(self) -> str:
        """What torch calls the device."""
        return "cuda" if self.device == "gpu" else "cpu"

    def engine(self, *, eager: bool = False) -> EngineSettings:
        """Return settings of our engines, which are otherwise the defaults."""
        return EngineSettings(dtype=self.dtype, cpu_threads=self.threads, eager=eager)


@dataclass(frozen=True)
class Setup:
    """The choices of one run of the benchmark."""

    model: Path
    """Folder of the model that writes, rates and is trained."""
    work: Path
    """Folder for files that nobody needs afterwards."""
    log: Path
    """File for what the measured processes print."""
    rounds: int
    quick: bool
    how: Computing = Computing()

    @property
    def threads(self) -> int:
        """Threads on a CPU."""
        return self.how.threads

    def size(self, full: int) -> int:
        """Return how much work to do where a full run does this much."""
        return max(4, full // SHRINK) if self.quick else full

    def sizes(self, *full: int) -> list[int]:
        """Return the sizes to measure at where a full run measures at these, in ascending order."""
        return sorted({self.size(size) for size in full})
