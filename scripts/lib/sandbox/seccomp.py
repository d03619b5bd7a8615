"""A seccomp filter that allows the few system calls of a table and nothing else, installed with ctypes alone.

pyseccomp would need the library libseccomp, which pip does not bring.
"""

import ctypes
import errno
import os
from collections.abc import Sequence

from scripts.lib.sandbox.system_calls import Architecture

VERDICTS = 3
"""The descriptor that verdicts are written to; 0 to 2 are /dev/null."""

# linux/prctl.h, linux/seccomp.h, linux/bpf_common.h, asm-generic/mman-common.h
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, DENY, KILL_PROCESS = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN, AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
PROT_EXEC = 4
MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE = 4, 8, 14, 15
FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET, FUTEX_OPERATION = 0, 1, 9, 10, 0x7F
CLOCKS = 12
"""Clocks with a number from here on, of 32 bits without a sign, are those of other processes or of devices."""
X32 = 0x40000000
"""From this number on, a call on x86-64 is one of the x32 ABI; no architecture has others so high."""

Instruction = tuple[int, int, int, int]
"""Code, how many instructions to skip if true and if false, and the operand."""

libc = ctypes.CDLL(None, use_errno=True)


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


class Filter:
    """A filter of system calls, made once and installed in each child."""

    def __init__(self, instructions: Sequence[Instruction]) -> None:
        self._array = (_Instruction * len(instructions))(*(_Instruction(*each) for each in instructions))
        self._program = _Program(len(instructions), ctypes.cast(self._array, ctypes.POINTER(_Instruction)))

    def install(self) -> None:
        """Confine this process and all that it starts, for good; raises OSError if the kernel does not take it."""
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(self._program))


def prctl(option: int, *arguments: int) -> None:
    """Call prctl; raises OSError if it fails."""
    given = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *given) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")


def program(architecture: Architecture) -> list[Instruction]:
    """Return the filter: calls of another architecture kill, those not in the table fail with EPERM.

    Reading is from /dev/null alone, writing to it and to the verdicts; no memory becomes executable, or is compared
    with that of others; no clock is another process's. Of futexes there is only what locks need.
    """
    special = {
        "read": _one_of(0, (0,)),
        "write": _one_of(0, (1, 2, VERDICTS)),
        "mmap": _without_bit(2, PROT_EXEC),
        "mprotect": _without_bit(2, PROT_EXEC),
        "madvise": _one_of(2, (MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE)),
        "futex": _one_of(1, (FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET), FUTEX_OPERATION),
        "clock_gettime": _below(0, CLOCKS),
        "clock_getres": _below(0, CLOCKS),
        "clock_nanosleep": _below(0, CLOCKS),
    }
    found = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture.audit), (RETURN, 0, 0, KILL_PROCESS)]
    found += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL_PROCESS)]
    for name, number in architecture.calls.items():
        then = special.get(name, [(RETURN, 0, 0, ALLOW)])
        found += [(EQUAL, 0, len(then), number), *then]
    return [*found, (RETURN, 0, 0, DENY)]


def _one_of(argument: int, allowed: tuple[int, ...], mask: int = 0xFFFFFFFF) -> list[Instruction]:
    """Allow some values of an argument. Of these the kernel looks at the lower half alone, and so does this."""
    tests = [step for each in allowed for step in ((EQUAL, 0, 1, each), (RETURN, 0, 0, ALLOW))]
    return [_load(argument), (AND, 0, 0, mask), *tests, (RETURN, 0, 0, DENY)]


def _below(argument: int, limit: int) -> list[Instruction]:
    return [_load(argument), (AT_LEAST, 0, 1, limit), (RETURN, 0, 0, DENY), (RETURN, 0, 0, ALLOW)]


def _without_bit(argument: int, bit: int) -> list[Instruction]:
    return [_load(argument), (ANY_BIT, 0, 1, bit), (RETURN, 0, 0, DENY), (RETURN, 0, 0, ALLOW)]


def _load(argument: int) -> Instruction:
    return (LOAD, 0, 0, FIRST_ARGUMENT + 8 * argument)
