"""Kill the demo again and again at random moments, type README's command once more each time, and compare the bytes.

    python -m tests.breaking --kills 50 --seed 1

The demo runs in two checkouts of its own: in one undisturbed, in the other until it has been killed as often as asked,
and then to its end. Should it end before, it begins anew. Killed are by turns Snakemake alone, as `kill` does it, and
everything that the command started, as Ctrl-C, a closed terminal or a machine that goes down do it. Prints a table in
Markdown; exit code 1 if a command refused to go on, or if a file differs. With --small, it is a loop of two iterations
and fewer rows, by plain Snakemake.
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
from tests.workflow.conftest import checkout, small_config

DEMO, SMALL = ("make", "demo"), (".venv/bin/snakemake", "--cores", "2", "results/iter2/merged")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
WAYS = [(number, whom) for whom in ("all", "snakemake") for number in SIGNALS]
LONGEST_WAIT = 25.0
"""Seconds after its start at which a command is killed at the latest: starting takes 3, most steps 5 to 20."""
LONGEST_END = 120.0
"""Seconds after a signal in which a command ends: Snakemake waits for its jobs after SIGTERM."""
TIMED = "tokens_per_second"
"""The one thing in results/ that tells how fast the machine was."""


@dataclass
class Record:
    """What was killed when, and what went wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    running: Counter[str] = field(default_factory=Counter)
    whole_runs: int = 0
    hangs: int = 0
    refusals: list[str] = field(default_factory=list)


def main() -> int:
    """Run the demo both ways and say how they compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="how often to kill (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides the moments (default %(default)s)")
    parser.add_argument("--small", action="store_true", help="a loop of a minute instead of the demo")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="breaking-") as folder:
        whole, broken = (Demo.in_folder(Path(folder) / name, args.small) for name in ("whole", "broken"))
        seconds = whole.finish()
        began, record = time.monotonic(), break_often(broken, args.kills, random.Random(args.seed))
        broken.finish()
        different = list(differing(whole.folder, broken.folder))
        print_report(record, different, seconds, time.monotonic() - began, len(files_of(whole.folder)))
    return 1 if different or record.refusals else 0


@dataclass
class Demo:
    """A checkout of the project, and the command that is given in it."""

    folder: Path
    command: tuple[str, ...]

    @classmethod
    def in_folder(cls, folder: Path, small: bool) -> "Demo":
        """Return a checkout with the environment that this program runs in."""
        project = checkout(folder)
        (folder / ".venv").symlink_to(sys.prefix)
        if small:
            project.configure(small_config())
        return cls(folder, SMALL if small else DEMO)

    def start(self) -> subprocess.Popen[str]:
        """Start the command as a terminal would: in a group of processes of its own."""
        with (self.folder / "said.txt").open("w") as said:
            return subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def finish(self) -> float:
        """Run the command to its end; return the seconds that it took."""
        began = time.monotonic()
        if self.start().wait():
            raise SystemExit(f"the command fails by itself:\n{self.said()}")
        return time.monotonic() - began

    def said(self) -> str:
        """Return the end of what the command has printed."""
        return (self.folder / "said.txt").read_text()[-2000:]


def break_often(demo: Demo, kills: int, moments: random.Random) -> Record:
    """Start the command and kill it, so many times."""
    record, ways = Record(), cycle(WAYS)
    while record.kills.total() < kills:
        running = demo.start()
        try:
            status = running.wait(timeout=moments.uniform(1, LONGEST_WAIT))
        except subprocess.TimeoutExpired:
            number, whom = next(ways)
            record.kills[f"{number.name}, {whom}"] += 1
            record.running.update(modules_running(demo.folder) or {"Snakemake alone"})
            record.hangs += kill(demo, running, number, whom)
            print(f"{record.kills.total()} of {kills}: {number.name} to {whom}", file=sys.stderr)
        else:
            note_end(demo, record, status)
    return record


def kill(demo: Demo, running: subprocess.Popen[str], number: signal.Signals, whom: str) -> bool:
    """Send a signal to Snakemake, or to everything, and wait until the command has ended.

    Return whether it had to be killed for good in the end: Snakemake 9.27 can stand still if a job dies of the same
    signal as itself.
    """
    if whom == "all":
        os.killpg(running.pid, number)
    for process, command in working_in(demo.folder) if whom == "snakemake" else ():
        if "bin/snakemake --cores" in command:
            os.kill(process, number)
    try:
        running.wait(timeout=LONGEST_END)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        return True
    return False


def note_end(demo: Demo, record: Record, status: int) -> None:
    """Note a command that ended by itself: all is whole and begins anew, or it refused to go on."""
    if status:
        record.refusals.append(demo.said())
        return
    record.whole_runs += 1
    for name in ("results", "work"):
        (demo.folder / name).rename(demo.folder / f"{name}_{record.whole_runs}")


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
        f" {record.whole_runs} demos ended before the last kill; {record.hangs} commands stood still after a signal;"
        f" {len(record.refusals)} commands refused to go on; {len(different)} of {files} files differ"
    )
    for text in [*record.refusals, *different]:
        print(f"\n{text}")


if __name__ == "__main__":
    sys.exit(main())
