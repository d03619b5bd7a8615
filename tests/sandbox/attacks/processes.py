"""Attacks by processes: forks, threads, other programs, and what outlives a call."""

from tests.sandbox.attack import Attack, calling, changes_files, says_true

MARK = 'open(world["folder"] + "/mark", "w").close()'

ATTACKS = [
    Attack("fork", calling("""
        child = os.fork()
        if child == 0:
            os._exit(0)
        return os.waitpid(child, 0)[1] == 0
        """), says_true),
    Attack("fork bomb of twenty", calling("""
        children = []
        for _ in range(20):
            child = os.fork()
            if child == 0:
                time.sleep(0.1)
                os._exit(0)
            children.append(child)
        return len([os.waitpid(child, 0) for child in children]) == 20
        """), says_true),
    Attack("fork by vfork in C", calling("""
        libc = ctypes.CDLL(None, use_errno=True)
        child = libc.fork()
        if child == 0:
            os._exit(0)
        return child > 0
        """), says_true),
    Attack("daemon that outlives its process", calling(f"""
        if os.fork() == 0:
            os.setsid()
            time.sleep(0.1)
            {MARK}
            os._exit(0)
        return True
        """), changes_files, linger=0.4),
    Attack("thread that outlives the call", calling(f"""
        import threading
        def later():
            time.sleep(0.1)
            {MARK}
        threading.Thread(target=later).start()
        return True
        """), changes_files, linger=0.4),
    Attack("thirty threads", calling("""
        import threading
        threads = [threading.Thread(target=time.sleep, args=(0.1,)) for _ in range(30)]
        for thread in threads:
            thread.start()
        return len(threads) == 30
        """), says_true),
    Attack("shell", calling("""return os.system("echo > '" + world["folder"] + "/mark'") == 0"""), changes_files),
    Attack("program without a shell", calling("""
        import subprocess
        subprocess.run(["touch", world["folder"] + "/mark"], check=True)
        return True
        """), changes_files),
    Attack("execve in place of itself", calling("""
        os.execv("/bin/sh", ["sh", "-c", "echo > '" + world["folder"] + "/mark'"])
        """), changes_files),
    Attack("posix_spawn", calling("""
        path = "/bin/sh"
        return os.posix_spawn(path, ["sh", "-c", "echo > '" + world["folder"] + "/mark'"], {}) > 0
        """), changes_files, linger=0.4),
    Attack("program from memory", calling("""
        program = os.memfd_create("program")
        with open("/bin/true", "rb") as source:
            os.write(program, source.read())
        os.execve(program, ["true"], {})
        """), lambda control: control.answer is None and control.parent == 0),
    Attack("multiprocessing", calling("""
        import multiprocessing
        process = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0,))
        process.start()
        process.join()
        return process.exitcode == 0
        """), says_true),
    Attack("handler at exit", calling(f"""
        import atexit
        def last():
            {MARK}
        atexit.register(last)
        return True
        """), changes_files, frozenset({"true"})),
    Attack("finalizer at exit", calling("""
        class Last:
            def __del__(self, open=open, name=world["folder"] + "/mark"):
                open(name, "w").close()
        sys.modules["last"] = Last()
        return True
        """), changes_files, frozenset({"true"})),
]  # fmt: skip
