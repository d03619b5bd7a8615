"""Kill the demo again and again at random moments, type README's command once more each time, and compare the bytes.

    python -m tests.breaking --kills 50 --seed 1

The demo runs in two checkouts of its own: in one undisturbed, in the other until it has been killed as often as asked,
and then to its end. Should it end before, it begins anew. Killed are by turns Snakemake alone, as `kill` does it, and
everything that the command started, as Ctrl-C, a closed terminal or a machine that goes down do it. Prints a table in
Markdown; exit code 1 if a command refused to go on, or if a file differs.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from tabulate import tabulate

from tests.processes import modules_running, working_in
from tests.workflow.conftest import Project, checkout

COMMAND = ("make", "demo")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
WAYS = [(number, whom) for whom in ("all", "snakemake") for number in SIGNALS]
LONGEST_WAIT = 25.0
"""Seconds after its start at which a command is killed at the latest: starting takes 3, most steps 5 to 20."""
TIMED = "tokens_per_second"
"""The one thing in results/ that tells how fast the machine was."""


@dataclass
class Record:
    """What was killed when, and what went wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    running: Counter[str] = field(default_factory=Counter)
    whole_runs: int = 0
    refusals: list[str] = field(default_factory=list)


def main() -> int:
    """Run the demo both ways and say how they compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="how often to kill (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides the moments (default %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="breaking-") as folder:
        whole, broken = (demo(Path(folder) / name) for name in ("whole", "broken"))
        seconds = finish(whole)
        began, record = time.monotonic(), break_often(broken, args.kills, random.Random(args.seed))
        finish(broken)
        different = list(differing(whole.folder, broken.folder))
        print_report(record, different, seconds, time.monotonic() - began, len(files_of(whole.folder)))
    return 1 if different or record.refusals else 0


def demo(folder: Path) -> Project:
    """Return a checkout with the environment that this program runs in."""
    project = checkout(folder)
    (folder / ".venv").symlink_to(sys.prefix)
    return project


def start(project: Project) -> subprocess.Popen[str]:
    """Start the command as a terminal would: in a group of processes of its own."""
    with (project.folder / "said.txt").open("w") as said:
        return subprocess.Popen(
            COMMAND, cwd=project.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )


def finish(project: Project) -> float:
    """Run the command to its end; return the seconds that it took."""
    began = time.monotonic()
    if start(project).wait():
        raise SystemExit(f"the demo fails by itself:\n{(project.folder / 'said.txt').read_text()[-3000:]}")
    return time.monotonic() - began


def break_often(project: Project, kills: int, moments: random.Random) -> Record:
    """Start the command and kill it, so many times."""
    record, ways = Record(), cycle(WAYS)
    while record.kills.total() < kills:
        running = start(project)
        try:
            status = running.wait(timeout=moments.uniform(1, LONGEST_WAIT))
        except subprocess.TimeoutExpired:
            number, whom = next(ways)
            record.kills[f"{number.name}, {whom}"] += 1
            record.running.update(modules_running(project.folder) or {"Snakemake alone"})
            kill(project, running, number, whom)
            print(f"{record.kills.total()} of {kills}: {number.name} to {whom}", file=sys.stderr)
        else:
            note_end(project, record, status)
    return record


def kill(project: Project, running: subprocess.Popen[str], number: signal.Signals, whom: str) -> None:
    """Send a signal to Snakemake, or to everything, and wait until the command has ended."""
    if whom == "all":
        os.killpg(running.pid, number)
    for process, command in working_in(project.folder) if whom == "snakemake" else ():
        if "bin/snakemake --cores" in command:
            os.kill(process, number)
    running.wait()


def note_end(project: Project, record: Record, status: int) -> None:
    """Note a command that ended by itself: the demo is whole and begins anew, or it refused to go on."""
    if status:
        record.refusals.append((project.folder / "said.txt").read_text()[-2000:])
        return
    record.whole_runs += 1
    for name in ("results", "work"):
        (project.folder / name).rename(project.folder / f"{name}_{record.whole_runs}")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files in results/ by path: without logs, locks and marks, and without what depends on the clock."""
    found = {}
    for file in sorted((folder / "results").rglob("*")):
        path = file.relative_to(folder)
        if file.is_file() and "logs" not in path.parts and not path.name.startswith("."):
            found[str(path)] = without_times(file)
    return found


def without_times(file: Path) -> bytes:
    """Return what is in a file, of a training log without its rates."""
    if file.name != "training_log.jsonl":
        return file.read_bytes()
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return json.dumps([{key: value for key, value in row.items() if key != TIMED} for row in rows]).encode()


def differing(whole: Path, broken: Path) -> Iterator[str]:
    """Yield the paths of files that only one of two demos has, or that differ."""
    first, second = files_of(whole), files_of(broken)
    yield from (path for path in sorted({*first, *second}) if first.get(path) != second.get(path))


def print_report(record: Record, different: list[str], whole: float, broken: float, files: int) -> None:
    """Print what was tried and what came of it, as Markdown."""
    table = [[name, *(record.kills[f"{number.name}, {name}"] for number in SIGNALS)] for name in ("all", "snakemake")]
    print(tabulate(table, headers=["killed", *(number.name for number in SIGNALS)], tablefmt="github"))
    print("\nRunning when it was killed:", ", ".join(f"{name} {count}" for name, count in record.running.most_common()))
    print(
        f"\n{record.kills.total()} kills in {broken / 60:.0f} minutes (undisturbed: {whole / 60:.1f}),"
        f" {record.whole_runs} demos ended before the last kill;"
        f" {len(record.refusals)} commands refused to go on; {len(different)} of {files} files differ"
    )
    for text in [*record.refusals, *different]:
        print(f"\n{text}")


if __name__ == "__main__":
    sys.exit(main())
