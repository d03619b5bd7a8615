"""Attacks on the kernel's other doors: namespaces, rings, programs, keys, memory that outlives a process."""

import platform

from tests.sandbox.attack import Attack, calling, says_true

NUMBERS = {
    "x86_64": {"bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "add_key": 248, "futex": 202},
    "aarch64": {"bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "add_key": 217, "futex": 98},
}[platform.machine()] | {"io_uring_setup": 425}


def calling_c(name: str, expression: str, needs: str = "") -> Attack:
    return Attack(name, calling(f"libc = ctypes.CDLL(None)\nreturn {expression}"), says_true, needs=needs)


def by_number(name: str, call: str, arguments: str, needs: str) -> Attack:
    return calling_c(name, f"libc.syscall({NUMBERS[call]}, {arguments}) >= 0", needs)


ATTACKS = [
    by_number("a ring of requests", "io_uring_setup", "1, (ctypes.c_char * 120)()", "io_uring"),
    by_number("a filter of packets", "bpf", "0, (ctypes.c_uint32 * 18)(2, 4, 4, 1), 72", "bpf"),
    by_number("faults of pages", "userfaultfd", "1", "userfaultfd"),
    by_number("a key that outlives it", "add_key", "b'user', b'name', b'secret', 6, -1", "add_key"),
    by_number("counters", "perf_event_open", "(ctypes.c_uint32 * 32)(1, 128), 0, -1, -1, 0", "perf_event_open"),
    Attack("a process by clone3", calling("""
        child = ctypes.CDLL(None).syscall(435, (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17), 88)
        if child == 0:
            os._exit(0)
        return child > 0
        """), says_true, needs="clone3"),
    calling_c("a namespace of its own", "libc.unshare(0x10000000) == 0", "user namespace"),
    calling_c("memory that outlives it", "libc.shmctl(libc.shmget(0, 4096, 0o1600), 0, None) == 0", "System V memory"),
    calling_c("a file in memory", "os.memfd_create('file') >= 0", "memfd"),
    calling_c("its pages compared with those of others (KSM)",
              "libc.madvise(ctypes.c_void_p(id(None) & ~4095), 4096, 12) == 0", "KSM"),
    by_number("a lock that lends its priority", "futex", "ctypes.byref(ctypes.c_int(0)), 6, 0, 0, 0, 0", "PI futex"),
    calling_c("the time that another process has had", "time.clock_gettime((~os.getppid() << 3) | 2) >= 0"),
    calling_c("an event", "libc.eventfd(1, 0) >= 0"),
    calling_c("becoming another user", "libc.setuid(12345) == 0", "root"),
    calling_c("being looked into (dumpable)", "libc.prctl(4, 1, 0, 0, 0) == 0 and libc.prctl(3, 0, 0, 0, 0) == 1"),
    calling_c("its name and kernel", "len(os.uname().nodename) > 0"),
    calling_c("how busy the machine is", "libc.sysinfo((ctypes.c_char * 200)()) == 0"),
    calling_c("its niceness", "os.nice(1) > 0"),
]  # fmt: skip
