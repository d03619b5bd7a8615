"""Completions of many requests with one engine: what a killed job had finished is not computed again.

A journal is a folder: each job that works at a step writes a file of its own there, and reads all of them. It gets
one line per finished unit of the engine's plan, under a fingerprint of everything the unit's rows depend on: its
requests, the model's weights, the engine and the meaning of its code, but not how many jobs share the step. So a
journal can hold lines of other settings; they are passed over, and said aloud. It outlives the job: Snakemake
forgets a job that finished while it was itself dead, and such a job must cost nothing when it is run again.
"""

import argparse
import logging
import mmap
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from tqdm import tqdm

from scripts.lib.engines.base import Engine, Unit
from scripts.lib.engines.requests import Request
from scripts.lib.errors import UserError
from scripts.lib.rows.files import naming
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import Row, json_line
from scripts.lib.rows.on_disk import RowsOnDisk
from scripts.lib.rows.strict_json import parse_json
from scripts.lib.run.locking import sole_writer
from scripts.lib.run.versions import code_version

log = logging.getLogger(__name__)

_BEGINNING = b'{"fingerprint": "'
_KEY = re.compile(re.escape(_BEGINNING) + rb'([0-9a-f]{16})", ')

SECONDS_BETWEEN_SYNCS = 1.0
"""A killed process loses nothing that was written; a dead machine loses this much work of finished units."""


@dataclass(frozen=True)
class Shard:
    """One of several jobs that share the units of a plan; `number` counts from 1."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}-of-{self.count}"


def parse_shard(text: str) -> Shard:
    """Return the shard that "2-of-5" means; raises ArgumentTypeError for anything else."""
    match = re.fullmatch(r"([1-9]\d{0,5})-of-([1-9]\d{0,5})", text, re.ASCII)
    if match is None or int(match[1]) > int(match[2]):
        raise argparse.ArgumentTypeError(
            f"must be such as 2-of-5, the first number at most the second, not {text[:60]!r}"
        )
    return Shard(int(match[1]), int(match[2]))


def complete(
    engine: Engine, model_fingerprint: str, requests: Sequence[Request], shard: Shard, journal: Path
) -> Iterator[Row]:
    """Return the results of a shard's requests, in the order of the requests, each with what made it.

    The plan is made from all requests, so that a unit is the same whatever the shards: unit b belongs
    to shard b modulo their number. Units found in the journal, whichever job wrote them, are taken from it; the
    others are computed, and stand in the shard's own file there as soon as they are finished. One job at a time is
    at that file. Until their turn comes, results lie on disk beside it, and not in memory.
    """
    plan = engine.plan(requests)
    planned = dict(zip(unit_keys(plan, model_fingerprint, engine), plan, strict=True))
    mine = dict(islice(planned.items(), shard.number - 1, None, shard.count))
    own = journal / f"{shard.number}_of_{shard.count}.jsonl"
    with sole_writer(own):
        mend(own)
        results, missing = RowsOnDisk(journal), dict(mine)
        for key, rows in read_journal(journal, mine, planned.keys()):
            missing.pop(key, None)
            _put(results, mine[key], rows)
        taken = len(results)
        for key, rows in _compute(engine, list(missing.items()), own, done=taken):
            _put(results, mine[key], rows)
    log.info(
        "%s: computed %d of %d units (%d rows); took %d (%d rows) from the journal",
        engine.name,
        len(missing),
        len(mine),
        len(results) - taken,
        len(mine) - len(missing),
        taken,
    )
    made_by = {"model": model_fingerprint, **engine.identity(), "reproducible": engine.reproducible}
    return (
        {**results[request.id], "made_by": {**made_by, **request.origin}}
        for request in requests
        if request.id in results
    )


def unit_keys(units: Sequence[Unit], model_fingerprint: str, engine: Engine) -> list[str]:
    """Return for each unit the fingerprint of everything that its rows depend on."""
    made_with = (model_fingerprint, engine.identity(), code_version(type(engine).__module__))
    return [fingerprint([request.to_row() for request in unit], *made_with) for unit in units]


def _put(results: RowsOnDisk, unit: Unit, rows: Sequence[Row]) -> None:
    for request, row in zip(unit, rows, strict=True):
        results.put(request.id, row)


def mend(file: Path) -> None:
    """Cut off the last line of a journal's file if a kill tore it; raises UserError for a file that is no journal.

    A power loss can leave bytes of zero where a file had grown: they are torn, too.
    """
    size = file.stat().st_size
    if not size:
        return
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        whole = content.rfind(b"\n") + 1
        written = whole + len(content[whole:].rstrip(b"\0"))
        beginning = content[: min(written, len(_BEGINNING))]
    if beginning != _BEGINNING[:written]:
        raise UserError(f"{file}: not a journal's file, and never written to; give a folder of its own, or remove it")
    if whole < size:
        log.info("%s: the last line was torn by a kill; its unit is computed again", file)
        os.truncate(file, whole)


def read_journal(folder: Path, wanted: Mapping[str, Unit], planned: Set[str]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the finished units of a journal that are wanted, from all of its files: their fingerprints and rows.

    A line counts only if it holds a row for each request of its unit. A unit that two jobs have computed comes twice.

    Lines that are not `planned` at all are counted aloud; one that another job is just writing does not count.
    """
    others = broken = 0
    for file in sorted(folder.glob("*.jsonl")):
        with file.open("rb") as stream:
            for line in stream:
                if not line.endswith(b"\n"):
                    continue
                key = _KEY.match(line)
                name = "" if key is None else key[1].decode()
                if name and name not in wanted:
                    others += name not in planned
                elif (rows := _rows_of(line, wanted.get(name, ()))) is not None:
                    yield name, rows
                else:
                    broken += 1
    if broken:
        log.info("%s: %d broken lines; their units are computed again", folder, broken)
    if others:
        log.info("%s: %d units of other requests, weights or settings are not used", folder, others)


def _rows_of(line: bytes, unit: Unit) -> list[Row] | None:
    """Return the rows in a journal's line, or None unless they are what the unit's requests ask for, in order."""
    try:
        rows = parse_json(line, "", "")["rows"]
        asked = [request.id for request in unit]
        return rows if asked and [row["id"] for row in rows] == asked else None
    except (UserError, KeyError, TypeError):
        return None


def _compute(
    engine: Engine, missing: Sequence[tuple[str, Unit]], journal: Path, done: int
) -> Iterator[tuple[str, list[Row]]]:
    """Compute units and write each into the journal as it finishes; yield their fingerprints and rows."""
    if not missing:
        return
    total = done + sum(len(unit) for _, unit in missing)
    with (
        naming(journal),
        journal.open("a", encoding="utf-8") as stream,
        tqdm(total=total, initial=done, unit="row", mininterval=1, desc=engine.name) as progress,
    ):
        appender = _Appender(stream)
        for place, rows in engine.run([unit for _, unit in missing]):
            key = missing[place][0]
            appender.append({"fingerprint": key, "rows": rows})
            progress.update(len(rows))
            yield key, rows


class _Appender:
    """Writes whole lines that survive the process at once, and the machine within a second."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._synced = 0.0

    def append(self, entry: Row) -> None:
        self._stream.write(json_line(entry))
        self._stream.flush()
        if time.monotonic() - self._synced >= SECONDS_BETWEEN_SYNCS:
            os.fsync(self._stream.fileno())
            self._synced = time.monotonic()
