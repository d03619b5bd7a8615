"""A warm process: it has imported what functions may use, forks for each batch, and kills what takes too long.

It starts as `python -s -P -S -B` with an empty environment (worker.py), and imports the standard library alone.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import warnings
from dataclasses import dataclass
from typing import Literal

from scripts.lib.sandbox import child
from scripts.lib.sandbox.confinement import Confinement, ConfinementError, drop_privileges
from scripts.lib.sandbox.limits import Limits
from scripts.lib.sandbox.self_test import check_confinement
from scripts.lib.sandbox.verdicts import FROM_A_FUNCTION

READY, VERDICTS, FAULT = b"ready", b"verdicts ", b"fault "
"""How its messages begin."""

MOST_FALSE_STARTS = 3
SHORTEST_WAIT = 0.01
"""Seconds between two looks at a clock of CPU that may run slower than the one on the wall."""

Ending = Literal["ended", "killed", "late"]


@dataclass(frozen=True)
class Report:
    """What came from a child: its bytes, and whether it ended by itself with 0, was killed or died, or was late."""

    said: bytes
    ending: Ending


def main() -> None:
    """Serve batches that come through the socket whose descriptor is an argument, until its other end is closed."""
    # The lowest number that is free: a child closes all that are low, and whoever started us may have had many open.
    control = socket.socket(fileno=os.dup(int(sys.argv[2])))
    os.close(int(sys.argv[2]))
    given = json.loads(sys.argv[3])
    limits = Limits(**given["limits"])
    try:
        confinement = _prepared(limits, given["modules"])
    except ConfinementError as error:
        control.send(FAULT + str(error).encode())
        return
    control.send(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not message:
            return
        try:
            letters = verdicts(descriptors[0], int(message), limits, confinement, control)
            control.send(VERDICTS + letters)
        except ConfinementError as error:
            control.send(FAULT + str(error).encode())
        os.close(descriptors[0])


def _prepared(limits: Limits, modules: list[str]) -> Confinement:
    """Import what functions may import, give up all powers, and try whether children are confined."""
    warnings.simplefilter("ignore")
    for module in modules:
        importlib.import_module(module)
    sys.argv = [""]
    drop_privileges()
    confinement = Confinement(limits)
    check_confinement(confinement, limits)
    # What is frozen is never looked at again, so that children share its memory.
    gc.collect()
    gc.freeze()
    return confinement


def verdicts(batch: int, count: int, limits: Limits, confinement: Confinement, control: socket.socket) -> bytes:
    """Return a letter for each response of a batch (verdicts.py); a child that is late is followed by another.

    Raises ConfinementError if no child could be confined.
    """
    letters, timeouts, false_starts = b"", 0, 0
    while len(letters) < count:
        wanted = count - len(letters)
        report = _attempt(batch, len(letters), wanted, limits, confinement, control)
        start, defined, said = report.said[:1], report.said[1:2], report.said[2:]
        if start != child.CONFINED:
            false_starts += 1
            if false_starts == MOST_FALSE_STARTS:
                raise ConfinementError("a process could not be confined, so that no function was run in it")
            continue
        if _is_no_report(defined, said, wanted) or (report.ending == "late" and len(said) == wanted):
            return b"R" * count
        if report.ending == "late":
            timeouts += 1
            letters += said + b"O"
            if not defined or timeouts == limits.most_timeouts:
                letters += b"O" * (count - len(letters))
        elif report.ending == "killed" or not defined:
            return b"D" * count
        elif defined == child.UNDEFINED:
            return b"E" * count
        elif len(said) < wanted:
            return b"D" * count
        else:
            letters += said
    return letters


def _is_no_report(defined: bytes, said: bytes, wanted: int) -> bool:
    """Return whether a child wrote what only a function can have written that reached for the pipe."""
    if defined not in (b"", child.DEFINED, child.UNDEFINED) or (defined == child.UNDEFINED and said):
        return True
    return len(said) > wanted or not FROM_A_FUNCTION.issuperset(said)


def _attempt(
    batch: int, first: int, wanted: int, limits: Limits, confinement: Confinement, control: socket.socket
) -> Report:
    """Fork a child for the responses from `first` on, and return what came of it when it is gone."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        child.run(batch, first, writer, confinement)
    os.close(writer)
    try:
        said, is_late = _watch(pid, reader, wanted, limits, control)
    finally:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(reader)
    return Report(said, "late" if is_late else "ended" if status == 0 else "killed")


def _watch(pid: int, reader: int, wanted: int, limits: Limits, control: socket.socket) -> tuple[bytes, bool]:
    """Return what a child wrote until it ended, wrote too much, or was late with the next byte; and whether it was."""
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.register(control, 0)
    most = wanted + 2
    said = b""
    since, cpu_since = time.monotonic(), _cpu(pid)
    wait = limits.cpu_seconds
    while True:
        ready = dict(poll.poll(1000 * wait))
        if control.fileno() in ready:
            os.kill(pid, signal.SIGKILL)
            os._exit(0)
        if ready:
            found = os.read(reader, most + 1 - len(said))
            said += found
            if not found or len(said) > most:
                return said, False
            since, cpu_since = time.monotonic(), _cpu(pid)
            wait = limits.cpu_seconds
            continue
        left = limits.cpu_seconds - (_cpu(pid) - cpu_since)
        left_on_the_wall = limits.wall_seconds - (time.monotonic() - since)
        if min(left, left_on_the_wall) <= 0:
            return said, True
        wait = min(max(left, SHORTEST_WAIT), left_on_the_wall)


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has had, by its own clock (MAKE_PROCESS_CPUCLOCK of the kernel)."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:  # it has ended, as the end of its pipe will tell
        return 0.0
