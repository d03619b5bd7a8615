"""What a verdict from the sandbox costs, beside a process for each call and beside no sandbox at all."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import psutil

from benchmarks import inputs
from benchmarks.results import Comparison, Fact, Report
from benchmarks.setup import Setup
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.sandbox.running import Batch, Sandbox

MOST_MICROSECONDS, MOST_SECONDS_TO_RETURN, MOST_MB = 150, 0.5, 300
RESPONSES = 50
"""Responses that a function is asked about, where nothing else is said."""
KILLS = 5
LOOK = 0.2
"""Seconds between two looks at the memory of a command."""

FUNCTIONS = (
    "def evaluate(response):\n    return len(response.split()) > {0}",
    "import re\ndef evaluate(response):\n    return len(re.findall(r'[.!?]', response)) >= {0} % 7",
    "def evaluate(response):\n    lines = response.splitlines()\n    return all(line[:1].isupper() for line in lines)",
    "import json\ndef evaluate(response):\n    try:\n        json.loads(response)\n        return True\n"
    "    except ValueError:\n        return False",
    "from collections import Counter\ndef evaluate(response):\n    return Counter(response.lower())['e'] > {0}",
)
"""Checks as models write them, with a number that differs from one to the next."""

ALONE = "import sys; space = {}; exec(sys.argv[1], space); print(space['evaluate'](sys.argv[2]))"
PEAK = "import re; print(re.search(r'VmHWM:\\s+([0-9]+)', open('/proc/self/status').read())[1])"

IN_ONE_PROCESS = """
import sys
from scripts.lib.rows.jsonl import read_rows, write_rows
functions = {row["id"]: row["function"] for row in read_rows(sys.argv[1])}
last, found = None, []
for row in read_rows(sys.argv[2]):
    if row["function_id"] != last:
        last, space = row["function_id"], {}
        exec(functions[last], space)
    found.append({"id": row["id"], "verdict": str(space["evaluate"](row["response"])).lower()})
write_rows(sys.argv[3], found)
"""
"""The published way: in one process with everything else, here without its alarm."""


def measure(setup: Setup) -> Report:
    """Measure seconds of CPU for a verdict, memory at a million of them, and how soon a killed worker is back."""
    report = Report()
    report.add(compared(setup, RESPONSES, most=MOST_MICROSECONDS))
    report.add(compared(setup, 10))
    report.facts.append(
        Fact(
            "sandbox", f"a killed worker is back, longest of {KILLS}", seconds_to_return(), "s", MOST_SECONDS_TO_RETURN
        )
    )
    files = write_inputs(setup, calls := setup.size(1_000_000), RESPONSES)
    _, megabytes = cost(verify(files))
    report.facts.append(
        Fact("sandbox", f"memory of all processes, {calls:,} verdicts", megabytes, "MB", MOST_MB),
    )
    return report


def compared(setup: Setup, responses: int, most: float | None = None) -> Report:
    """Return the seconds of CPU for a call, with so many responses a function, on three sides in turn."""
    calls = setup.size(100_000)
    files = write_inputs(setup, calls, responses)
    few = max(4, calls // 500)
    sandboxed, one_process, processes = [], [], []
    for _ in range(setup.rounds):
        sandboxed.append(cost(verify(files)))
        one_process.append(cost(in_one_process(files)))
        processes.append(a_process_each(few))
        if (files / "verdicts.jsonl").read_bytes() != (files / "unsandboxed.jsonl").read_bytes():
            raise UserError(f"{files}: verdicts.jsonl and unsandboxed.jsonl differ")
    sides = {"a process each": (processes, few), "no sandbox at all": (one_process, calls)}
    ours = [1e6 * seconds / calls for seconds, _ in sandboxed]
    memory = max(megabytes for _, megabytes in sandboxed)
    at = f"{responses} responses a function"
    return Report(
        comparisons=[
            Comparison(
                "sandbox",
                f"CPU of a call, {at} (reference: {name})",
                "µs",
                ours,
                [1e6 * seconds / count for seconds, _ in found],
                memory,
                max(megabytes for _, megabytes in found),
                less_is_better=True,
            )
            for name, (found, count) in sides.items()
        ],
        facts=[Fact("sandbox", f"CPU of a call, {at}, start included", median(ours), "µs", most)],
    )


def rows(calls: int, responses: int) -> tuple[Iterator[Row], Iterator[Row]]:
    """Return functions and responses, so many to a function."""
    functions = (
        {"id": f"f{number}", "function": FUNCTIONS[number % len(FUNCTIONS)].format(number % 97)}
        for number in range(-(-calls // responses))
    )
    outputs = (row["output"] for row in inputs.rows_of_a_run())
    asked = (
        {"id": f"r{number}", "function_id": f"f{number // responses}", "response": output}
        for number, output in enumerate(islice(outputs, calls))
    )
    return functions, asked


def write_inputs(setup: Setup, calls: int, responses: int) -> Path:
    """Write functions and responses, and return their folder."""
    folder = setup.work / "sandbox"
    functions, asked = rows(calls, responses)
    write_rows(folder / "functions.jsonl", functions)
    write_rows(folder / "responses.jsonl", asked)
    return folder


def verify(files: Path) -> list[str]:
    """Return the command that asks the sandbox."""
    options = [f"--{name}={files / name}.jsonl" for name in ("functions", "responses")]
    return [sys.executable, "-m", "scripts.verify", *options, f"--output={files / 'verdicts.jsonl'}"]


def in_one_process(files: Path) -> list[str]:
    """Return a command that runs the functions itself; they are ours, and do no harm."""
    names = [str(files / f"{name}.jsonl") for name in ("functions", "responses", "unsandboxed")]
    return [sys.executable, "-c", IN_ONE_PROCESS, *names]


def cost(command: list[str]) -> tuple[float, float]:
    """Return the seconds of CPU of a command and all that it starts, and the most MB that they held together.

    The memory is a sum of resident sizes: what processes share counts for each of them.
    """
    most = 0
    before = _cpu_of_children()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        most = max(most, _resident(process))
        time.sleep(LOOK)
    if process.returncode != 0:
        raise UserError(f"{' '.join(command)} failed with {process.returncode}")
    return _cpu_of_children() - before, most / 2**20


def a_process_each(calls: int) -> tuple[float, float]:
    """Return the seconds of CPU of so many calls, each in a Python of its own, and the MB that the last one held."""
    functions, asked = rows(calls, RESPONSES)
    sources = {row["id"]: row["function"] for row in functions}
    call = [sys.executable, "-I", "-S", "-c"]
    before = _cpu_of_children()
    for row in asked:
        given = [sources[row["function_id"]], row["response"]]
        subprocess.run([*call, ALONE, *given], check=True, stdout=subprocess.DEVNULL)
    seconds = _cpu_of_children() - before
    # Its own word for it: what the system tells of an ended process includes what it was forked from.
    said = subprocess.run([*call, f"{ALONE}; {PEAK}", *given], check=True, stdout=subprocess.PIPE, text=True).stdout
    return seconds, int(said.split()[-1]) / 2**10


def seconds_to_return() -> float:
    """Return the longest time from the death of the only warm process to the next verdict."""
    batch = Batch(FUNCTIONS[0].format(1), ["one two"])
    longest = 0.0
    with Sandbox(workers=1) as sandbox:
        for _ in range(KILLS):
            (worker,) = sandbox.pids
            os.kill(worker, signal.SIGKILL)
            began = time.perf_counter()
            if list(sandbox.run([batch])) != [["true"]]:
                raise UserError("a killed worker came back with another verdict")
            longest = max(longest, time.perf_counter() - began)
    return longest


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _resident(process: psutil.Process) -> int:
    total = 0
    for each in (process, *_children(process)):
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:  # it has just ended
            continue
    return total


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []
