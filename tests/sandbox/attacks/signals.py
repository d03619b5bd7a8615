"""Attacks on other processes: signals, and what debuggers do."""

from tests.sandbox.attack import Attack, calling, kills_its_parent, runs_on, says_true

ATTACKS = [
    Attack("killing its parent", calling("return os.kill(os.getppid(), signal.SIGKILL) is None"), kills_its_parent),
    Attack("killing its group", calling("return os.killpg(0, signal.SIGKILL) is None"), kills_its_parent),
    Attack("stopping its parent", calling("return os.kill(os.getppid(), signal.SIGSTOP) is None"), runs_on),
    # Signal 0 kills nobody, and tells that any other could be sent.
    Attack("signalling everyone", calling("return os.kill(-1, 0) is None"), says_true),
    Attack("signalling by a descriptor of its parent", calling("""
        signal.pidfd_send_signal(os.pidfd_open(os.getppid()), signal.SIGKILL)
        return True
        """), kills_its_parent, needs="pidfd"),
    Attack("signalling a thread of its parent", calling("""
        return ctypes.CDLL(None).tgkill(os.getppid(), os.getppid(), signal.SIGKILL) == 0
        """), kills_its_parent, needs="tgkill in the C library"),
    Attack("tracing its parent", calling("""
        libc = ctypes.CDLL(None)
        return libc.ptrace(16, os.getppid(), None, None) == 0
        """), runs_on, needs="ptrace of a parent"),
    Attack("being traced", calling("return ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0"), says_true, needs="ptrace"),
    Attack("reading its parent's memory", calling("""
        class Part(ctypes.Structure):
            _fields_ = [("at", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        mine = ctypes.create_string_buffer(8)
        here, there = Part(ctypes.addressof(mine), 8), Part(id(None), 8)
        read = ctypes.CDLL(None).process_vm_readv
        return read(os.getppid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0) == 8
        """), says_true, needs="process_vm_readv of a parent"),
    Attack("a limit set for its parent", calling("""
        import resource
        return resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1)) is not None
        """), says_true),
    Attack("taking its parent's descriptor", calling("""
        libc = ctypes.CDLL(None)
        return libc.syscall(438, os.pidfd_open(os.getppid()), 0, 0) >= 0
        """), says_true, needs="pidfd_getfd of a parent"),
    Attack("its parent's place in the queue for cores", calling("""
        return os.sched_setaffinity(os.getppid(), {min(os.sched_getaffinity(0))}) is None
        """), says_true),
    Attack("surviving its parent", calling("return ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0"), says_true),
]  # fmt: skip
