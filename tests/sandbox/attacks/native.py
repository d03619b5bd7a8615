"""Attacks by native code: ctypes, executable memory, and system calls by their numbers."""

import platform

from tests.sandbox.attack import Attack, calling, changes_files, dies, says_true

DIED = frozenset({"died"})
RETURN_42 = {"x86_64": "b82a000000c3", "aarch64": "40058052c0035fd6"}[platform.machine()]
HARMLESS = {"x86_64": [63, 79], "aarch64": [160, 17]}[platform.machine()]
"""Calls that would do nothing but tell: uname and getcwd."""
UNFILTERED = {"x86_64": [336, 335], "aarch64": []}[platform.machine()]
"""uprobe and uretprobe: newer kernels let them past every seccomp filter, since they end whoever calls them himself."""

ATTACKS = [
    Attack("segmentation fault", calling("ctypes.string_at(0)"), dies, DIED),
    Attack("abort", calling("os.abort()"), dies, DIED),
    Attack("code in memory that is written and run", calling(f"""
        import mmap
        memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        memory.write(bytes.fromhex("{RETURN_42}"))
        place = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        return ctypes.CFUNCTYPE(ctypes.c_int)(place)() == 42
        """), says_true),
    Attack("code in memory that becomes executable", calling(f"""
        import mmap
        memory = mmap.mmap(-1, 4096)
        memory.write(bytes.fromhex("{RETURN_42}"))
        place = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        if ctypes.CDLL(None).mprotect(ctypes.c_void_p(place), 4096, 5) != 0:
            return False
        return ctypes.CFUNCTYPE(ctypes.c_int)(place)() == 42
        """), says_true),
    Attack("a file by the number of its call", calling("""
        libc = ctypes.CDLL(None)
        return libc.mkdirat(-100, (world["folder"] + "/new").encode(), 0o777) == 0
        """), changes_files),
    Attack("every call from 0 to 599 that is not allowed", calling(f"""
        libc = ctypes.CDLL(None, use_errno=True)
        def is_denied(number):
            ctypes.set_errno(0)
            return libc.syscall(number, 0, 0, 0, 0, 0, 0) == -1 and ctypes.get_errno() == 1
        numbers = set(range(600)) - set(world["allowed"]) - set({UNFILTERED}) if world["inside"] else {HARMLESS}
        return not all(map(is_denied, numbers))
        """), says_true),
    Attack("calls of another kind (x32)", calling("""
        return ctypes.CDLL(None).syscall(0x40000000 + 39) > 0
        """), says_true, DIED, needs="x32"),
    Attack("calls that the kernel lets past every filter", calling(f"""
        libc = ctypes.CDLL(None)
        return [libc.syscall(number) for number in {UNFILTERED}] == []
        """), lambda control: bool(UNFILTERED) and dies(control), DIED, needs="uretprobe"),
]  # fmt: skip
