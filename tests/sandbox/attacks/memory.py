"""Attacks on memory: more than the 128 MiB that functions get in these tests, in every way that Python has."""

from tests.sandbox.attack import Attack, calling, dies, says_true

NO_MEMORY = frozenset({"error", "died"})

ATTACKS = [
    Attack("one large array", calling("return len(bytearray(300 << 20)) > 0"), says_true, NO_MEMORY),
    Attack("text that doubles", calling("""
        text = "x"
        while len(text) < 300 << 20:
            text += text
        return True
        """), says_true, NO_MEMORY),
    Attack("many small objects, whatever is raised", calling("""
        held = []
        try:
            while len(held) < 300:
                held.append(bytes(1 << 20))
        except BaseException:
            pass
        return len(held) >= 300
        """), says_true, frozenset({"false", *NO_MEMORY})),
    Attack("a small archive that unpacks to much", calling("""
        import zlib
        packer = zlib.compressobj(wbits=-15)
        block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        return len(zlib.decompress(block * 300 + packer.flush(), wbits=-15)) > 0
        """), says_true, NO_MEMORY),
    Attack("pages from the kernel", calling("""
        import mmap
        return len(mmap.mmap(-1, 300 << 20)) > 0
        """), says_true, NO_MEMORY),
    Attack("pages from malloc", calling("""
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        return all(libc.malloc(ctypes.c_size_t(10 << 20)) for _ in range(30))
        """), says_true),
    Attack("a limit raised", calling("""
        import resource
        most = resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        return len(bytearray(300 << 20)) > 0
        """), says_true, NO_MEMORY),
    Attack("source that takes much to be compiled", calling("""
        exec(compile("held = [" + "len," * 1_000_000 + "]", "bomb", "exec"))
        return True
        """), says_true, NO_MEMORY | {"timeout"}),
    Attack("source nested so deep that the compiler dies", calling("""
        import ast
        sys.setrecursionlimit(10**7)
        tree = ast.Constant(1)
        for _ in range(200_000):
            tree = ast.UnaryOp(ast.USub(), tree)
        compile(ast.fix_missing_locations(ast.Expression(tree)), "bomb", "eval")
        return True
        """), dies, NO_MEMORY | {"timeout"}, needs="compiler that dies of depth (Python 3.11)"),
]  # fmt: skip
