"""Completions of many requests with one engine: what a killed job had finished is not computed again.

The journal gets one line per finished unit of the engine's plan, under a fingerprint of everything the
unit's rows depend on: its requests, the model's weights, the engine and its code. So a journal can hold
lines of other settings; they are passed over, and said aloud. It outlives the job: Snakemake forgets a
job that finished while it was itself dead, and such a job must cost nothing when it is run again.
"""

import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tqdm import tqdm

from scripts.lib.engines.base import Engine, Unit
from scripts.lib.engines.requests import Request
from scripts.lib.rows.files import naming
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import Row, json_line
from scripts.lib.run.locking import sole_writer
from scripts.lib.run.versions import code_fingerprint

log = logging.getLogger(__name__)

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
    """Return the shard that "2-of-5" means; raises ValueError for anything else."""
    number, count = (int(part) for part in text.split("-of-"))
    if not 1 <= number <= count:
        raise ValueError(text)
    return Shard(number, count)


def complete(
    engine: Engine, model_fingerprint: str, requests: Sequence[Request], shard: Shard, journal: Path
) -> list[Row]:
    """Return the results of a shard's requests, in the order of the requests.

    The plan is made from all requests, so that a unit is the same whatever the shards: unit b belongs
    to shard b modulo their number. Units found in the journal are taken from it; the others are
    computed, and stand in the journal as soon as they are finished. One job at a time is at a journal.
    """
    mine = engine.plan(requests)[shard.number - 1 :: shard.count]
    keys = [unit_key(unit, model_fingerprint, engine) for unit in mine]
    with sole_writer(journal):
        found = read_journal(journal, frozenset(keys))
        missing = [(key, unit) for key, unit in zip(keys, mine, strict=True) if key not in found]
        computed = _compute(engine, missing, journal, done=sum(map(len, found.values())))
    log.info(
        "%s: computed %d of %d units (%d rows); took %d (%d rows) from the journal",
        engine.name,
        len(computed),
        len(mine),
        sum(map(len, computed.values())),
        len(found),
        sum(map(len, found.values())),
    )
    rows = {row["id"]: row for unit_rows in (found | computed).values() for row in unit_rows}
    return [rows[request.id] for request in requests if request.id in rows]


def unit_key(unit: Unit, model_fingerprint: str, engine: Engine) -> str:
    """Return the fingerprint of everything that a unit's rows depend on."""
    code = code_fingerprint(type(engine).__module__)
    return fingerprint([request.to_row() for request in unit], model_fingerprint, engine.identity(), code)


def read_journal(path: Path, wanted: frozenset[str]) -> dict[str, list[Row]]:
    """Return the finished units of a journal that are wanted; cut off its last line if a kill tore it."""
    *whole, torn = path.read_bytes().split(b"\n")
    if torn:
        log.info("%s: the last line was torn by a kill; its unit is computed again", path)
        os.truncate(path, path.stat().st_size - len(torn))
    entries = [_parse(line) for line in whole]
    if broken := entries.count(None):
        log.info("%s: %d broken lines; their units are computed again", path, broken)
    if others := sum(entry is not None and entry[0] not in wanted for entry in entries):
        log.info("%s: %d units of other requests, weights or settings are not used", path, others)
    return {key: rows for key, rows in filter(None, entries) if key in wanted}


def _parse(line: bytes) -> tuple[str, list[Row]] | None:
    try:
        entry = json.loads(line)
        return entry["fingerprint"], entry["rows"]
    except (ValueError, KeyError, TypeError):
        return None


def _compute(engine: Engine, missing: Sequence[tuple[str, Unit]], journal: Path, done: int) -> dict[str, list[Row]]:
    """Compute units and write each into the journal as it finishes; return their rows."""
    if not missing:
        return {}
    computed: dict[str, list[Row]] = {}
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
            computed[key] = rows
            progress.update(len(rows))
    return computed


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
