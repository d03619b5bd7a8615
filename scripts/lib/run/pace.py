"""How fast a generation step is, as the progress bars in the logs of its running shards say."""

import re
import time
from pathlib import Path

from scripts.lib.run.telling import end_of

END = 1 << 12
"""Bytes at the end of a log that are read: a few states of the bar."""

STILL = 600.0
"""Seconds without a word after which a shard counts as not running."""

_BAR = re.compile(r"(\d+)/(\d+) \[[^\]<]*<[^\],]*, *([\d.]+)(row/s|s/row)")


def rows_per_second(logs: Path, step: str) -> float:
    """Return the rows that all running shards of a step finish in a second; 0 if none runs, or none has said yet."""
    return sum(map(_rows_per_second, logs.glob(f"{step}_*_of_*.log")))


def _rows_per_second(log: Path) -> float:
    if time.time() - log.stat().st_mtime > STILL:
        return 0.0
    bars = list(_BAR.finditer(end_of(log, END)))
    if not bars or bars[-1][1] == bars[-1][2] or not float(bars[-1][3]):
        return 0.0
    pace = float(bars[-1][3])
    return pace if bars[-1][4] == "row/s" else 1 / pace
