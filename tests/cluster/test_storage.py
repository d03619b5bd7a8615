"""A disk that fills up while jobs run, and a folder that cannot be written to."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.lib.rows.jsonl import read_rows
from tests.cluster.slurm import NODES
from tests.cluster.workflow import ITERATION, ON_CLUSTER, ROWS, SHARDS, finish, half_done, printed, start, tiny_config

SHARD = f"3_of_{SHARDS}"
STEP = "work/tiny/iter1/synthesis_1"
COMPLETIONS = f"{STEP}/completions_{SHARD}.jsonl"
LOG = f"{ITERATION}/logs/synthesis_1_{SHARD}.log"
WORK_SIZE = "20m"


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """Mount something at a place; where this is not allowed, as in most containers, the test is skipped."""
    done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_costs_nothing_that_was_finished(cluster, copy, reference):
    copy.configure(tiny_config())
    (copy.folder / "work").rename(copy.folder / "moved")
    (copy.folder / "work").mkdir()
    with mounted(copy.folder / "work", "-t", "tmpfs", "-o", f"size={WORK_SIZE}", "tmpfs"):
        subprocess.run(["cp", "-a", f"{copy.folder}/moved/.", copy.folder / "work"], check=True)
        run = start(copy, *ON_CLUSTER, "--retries", "0", COMPLETIONS)
        script = half_done(copy, *NODES)
        fill(copy.folder / "work/filler")
        assert run.wait(timeout=120) != 0
        finished = script.batches
        log = (copy.folder / LOG).read_text()
        assert re.search(rf"error: {STEP}/\S*{SHARD}.jsonl: No space left on device; make room", log)
        assert "Traceback" not in log

        (copy.folder / "work/filler").unlink()
        finish(copy, start(copy, *ON_CLUSTER, COMPLETIONS))
        assert f"took {len(finished)} (" in (copy.folder / LOG).read_text()
        rows = list(read_rows(copy.folder / COMPLETIONS))
        expected = list(read_rows(reference.folder / COMPLETIONS.replace(SHARD, "1_of_1")))
        assert rows == [row for row in expected if row["id"] in {row["id"] for row in rows}]
        assert len(rows) == len(expected) / SHARDS


def fill(filler: Path) -> None:
    """Leave no room on the disk of a file."""
    with filler.open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space left"):
        while True:
            stream.write(bytes(4096))


def test_results_that_cannot_be_written_to_are_named_and_stay_as_they_are(cluster, copy):
    merged = copy.folder / "results/tiny/iter1/merged/manifest.json"
    before = {name: (copy.folder / f"{ITERATION}/{name}.jsonl").read_bytes() for name in ROWS}
    merged.unlink()
    with mounted(copy.folder / "results", "--bind", "-o", "ro", str(copy.folder / "results")):
        assert start(copy, *ON_CLUSTER, str(merged.relative_to(copy.folder))).wait(timeout=120) != 0
    assert "results/ cannot be written to" in printed(copy)
    assert "Traceback" not in printed(copy)
    assert {name: (copy.folder / f"{ITERATION}/{name}.jsonl").read_bytes() for name in ROWS} == before
    finish(copy, start(copy, *ON_CLUSTER, str(merged.relative_to(copy.folder))))
