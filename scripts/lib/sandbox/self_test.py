"""What a warm process tries in a confined child before any function runs: each of it must fail."""

import ctypes
import errno
import os
import signal
from collections.abc import Callable

from scripts.lib.sandbox.confinement import Confinement, ConfinementError
from scripts.lib.sandbox.limits import Limits
from scripts.lib.sandbox.seccomp import VERDICTS, libc

READ_WRITE_EXECUTE, PRIVATE_ANONYMOUS = 7, 0x22
HELD, FAILED, UNCONFINED = 0, 1, 2


def check_confinement(confinement: Confinement, limits: Limits) -> None:
    """Raise ConfinementError that names what a confined child could do and must not."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _try_everything(confinement, limits, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        said = stream.read().decode()
    _, status = os.waitpid(child, 0)
    if said != "held":
        how = said or f"its child ended with {os.waitstatus_to_exitcode(status)}"
        raise ConfinementError(f"the self-test of the sandbox failed here: {how}; no function was run")


def _try_everything(confinement: Confinement, limits: Limits, writer: int) -> None:
    """Write to the descriptor what is possible, or that nothing is, and end."""
    try:
        parent = os.getppid()
        try:
            confinement.enter(writer, 1)
        except (OSError, ValueError) as error:
            os.write(VERDICTS, f"it cannot be confined ({error})".encode())
            os._exit(UNCONFINED)
        open_doors = [name for name, call in _attempts(parent).items() if not _is_denied(call)]
        open_doors += ["more memory than the limit"] if _is_memory_unbounded(limits) else []
        os.write(VERDICTS, f"a confined process has {', '.join(open_doors)}".encode() if open_doors else b"held")
        os._exit(FAILED if open_doors else HELD)
    finally:
        os._exit(FAILED)


def _attempts(parent: int) -> dict[str, Callable[[], int]]:
    libc.mmap.restype = ctypes.c_long
    nobody = ctypes.c_void_p()
    return {
        "open": lambda: libc.open(b"/dev/null", os.O_RDONLY),
        "socket": lambda: libc.socket(1, 1, 0),
        "fork": _fork,
        "kill": lambda: libc.kill(parent, 0),
        "kill of all": lambda: libc.kill(-1, 0),
        "execve": lambda: libc.execve(b"/", nobody, nobody),  # no program: that would have its own error
        "executable memory": lambda: libc.mmap(nobody, 4096, READ_WRITE_EXECUTE, PRIVATE_ANONYMOUS, -1, 0),
        "signal handling of its parent's death": lambda: libc.prctl(1, signal.SIGCONT, 0, 0, 0),
    }


def _fork() -> int:
    found = int(libc.fork())
    if found == 0:
        os._exit(FAILED)
    return found


def _is_denied(call: Callable[[], int]) -> bool:
    """Return whether the filter denied a call: an error of any other kind says nothing about it."""
    ctypes.set_errno(0)
    return call() == -1 and ctypes.get_errno() == errno.EPERM


def _is_memory_unbounded(limits: Limits) -> bool:
    try:
        bytearray(limits.memory_bytes + 2**20)
    except MemoryError:
        return False
    return True
