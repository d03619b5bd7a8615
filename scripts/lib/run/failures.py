"""Steps that failed: their log holds the line with which our commands end when they cannot go on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.config.sections import Engine, Section
from scripts.lib.run.place import Place
from scripts.lib.run.telling import end_of

END = 1 << 16
"""Bytes at the end of a log that are read: launchers of several processes say much behind the error of one."""

ERROR = "error: "

_SHARD = re.compile(r".+_\d+_of_(\d+)")


@dataclass(frozen=True)
class Failure:
    """A step that failed: where its log lies, and what it says."""

    log: Path
    error: str

    def __str__(self) -> str:
        return f"failed: {self.log}\n  {self.error}"


def failures(places: list[Place]) -> Iterator[Failure]:
    """Yield the failed steps of a model, by what lies in its folder.

    A job that is tried again begins its log anew, so that what stands there is of the last attempt, and a file that
    was made has no error in its log. A step killed from outside said nothing, and is not among these.
    """
    folders = [places[0].results.parent / "logs", *(place.results / "logs" for place in places)]
    for folder in folders:
        for log in sorted(folder.glob("*.log")):
            error = last_error(log)
            if error is not None and _of_this_run(places[0], log):
                yield Failure(log, error)


def last_error(log: Path) -> str | None:
    """Return the last error in a log, or None if there is none."""
    return next((line for line in reversed(end_of(log, END).splitlines()) if line.startswith(ERROR)), None)


def _of_this_run(place: Place, log: Path) -> bool:
    """Return whether a log is of no shard, or of as many shards as there are now: other numbers leave logs behind."""
    match = _SHARD.fullmatch(log.stem)
    return match is None or int(match[1]) in {engine.shards for engine in _engines(place.model.settings)}


def _engines(section: Section) -> Iterator[Engine]:
    """Yield every engine of the settings: a judge may have its own."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Engine):
            yield value
        elif isinstance(value, Section):
            yield from _engines(value)
