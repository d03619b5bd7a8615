"""What every measurement is told: how much to do, with which model, and where to put things."""

from dataclasses import dataclass
from pathlib import Path

SHRINK = 40
"""How many times less work a quick run does."""


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
    threads: int = 2

    def size(self, full: int) -> int:
        """Return how much work to do where a full run does this much."""
        return max(4, full // SHRINK) if self.quick else full

    def sizes(self, *full: int) -> list[int]:
        """Return the sizes to measure at where a full run measures at these, in ascending order."""
        return sorted({self.size(size) for size in full})
