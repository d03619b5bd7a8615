"""A disk that fills up while jobs run, and a folder that cannot be written to."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.slurm import NODES
from tests.cluster.workflow import ITERATION, ON_CLUSTER, ROWS, finish, half_done, printed, start

STEP = "work/tiny/iter1/prompts_1"
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
    completions = next(copy.folder.glob(f"{STEP}/completions_*"))
    expected = completions.read_bytes()
    for path in copy.folder.glob("work"):
        path.rename(copy.folder / "moved")
    (copy.folder / "work").mkdir()
    with mounted(copy.folder / "work", "-t", "tmpfs", "-o", f"size={WORK_SIZE}", "tmpfs"):
        subprocess.run(["cp", "-a", f"{copy.folder}/moved/.", copy.folder / "work"], check=True)
        completions.unlink()
        run = start(copy, *ON_CLUSTER, "--retries", "0", str(completions.relative_to(copy.folder)))
        script = half_done(copy, *NODES)
        fill(copy.folder / "work/filler")
        assert run.wait(timeout=120) != 0
        finished = script.batches
        log = (copy.folder / f"{ITERATION}/logs/prompts_1_1_of_1.log").read_text()
        assert f"error: {script.journal.relative_to(copy.folder)}: No space left on device; make room" in log
        assert "Traceback" not in log

        (copy.folder / "work/filler").unlink()
        finish(copy, start(copy, *ON_CLUSTER, str(completions.relative_to(copy.folder))))
        assert completions.read_bytes() == expected
        log = (copy.folder / f"{ITERATION}/logs/prompts_1_1_of_1.log").read_text()
        assert f"took {len(finished)} (" in log


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
