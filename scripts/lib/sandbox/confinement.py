"""What takes a process its powers away: users and capabilities once in a warm process, the rest in every child."""

import ctypes
import math
import os
import platform
import resource
import signal
import sys
from pathlib import Path

from scripts.lib.sandbox.limits import Limits
from scripts.lib.sandbox.seccomp import VERDICTS, Filter, libc, prctl, program
from scripts.lib.sandbox.system_calls import ARCHITECTURES, Architecture

UNPRIVILEGED = 65534
"""The user and the group that root becomes: nobody, by whatever name."""

MOST_DESCRIPTORS = 1024
"""A warm process has fewer than this; from there on there is nothing to close."""

# linux/prctl.h, linux/capability.h
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
CAPABILITY_VERSION = 0x20080522


class ConfinementError(Exception):
    """What could not be taken away; no function may run."""


class Confinement:
    """What is done to each child before it runs a function."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._filter = Filter(program(architecture()))
        pages = Path("/proc/self/statm").read_text().split()[0]
        self._memory = int(pages) * resource.getpagesize() + limits.memory_bytes
        self._parent = os.getpid()

    def enter(self, verdicts: int, calls: int) -> None:
        """Confine this process to computing, and to writing to `verdicts`, which becomes descriptor 3.

        Raises OSError or ValueError if anything of it fails. The clock outside is what ends a call; the limit of CPU
        here is for the case that nobody looks.
        """
        os.dup2(verdicts, VERDICTS)
        os.closerange(VERDICTS + 1, MOST_DESCRIPTORS)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._parent:
            raise OSError("the warm process is gone")
        seconds = math.ceil(self._limits.cpu_seconds * (calls + 2)) + 5
        most = {
            resource.RLIMIT_AS: self._memory,
            resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NPROC: 0,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_NOFILE: 0,
        }
        for what, limit in most.items():
            resource.setrlimit(what, (limit, limit))
        self._filter.install()


def architecture() -> Architecture:
    """Return what this machine is; raises ConfinementError where there is no filter for it."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ARCHITECTURES or sys.maxsize < 2**32:
        known = " or ".join(ARCHITECTURES)
        raise ConfinementError(f"the sandbox needs Linux on {known}, and this is {sys.platform} on {machine}")
    if not Path("/proc/self/statm").is_file():
        raise ConfinementError("the sandbox needs /proc, which is not mounted here")
    return ARCHITECTURES[machine]


def drop_privileges() -> None:
    """Become an ordinary user without capabilities, whom no other process may look into.

    RLIMIT_NPROC does not bind root. Raises ConfinementError if root cannot become anybody else.
    """
    try:
        if 0 in os.getresuid():
            os.setgroups([])
            os.setresgid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED)
            os.setresuid(UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED)
        _drop_capabilities()
        prctl(PR_SET_DUMPABLE, 0)
    except OSError as error:
        raise ConfinementError(
            f"root cannot become an ordinary user here ({error.strerror}), and functions never run as root; "
            "start the command as an ordinary user"
        ) from error


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capabilities cannot be dropped")
