"""Attacks by output: floods, and bytes where verdicts are expected."""

from tests.sandbox.attack import Attack, calling, floods

REFUSED = frozenset({"refused"})
NOWHERE = frozenset({"true"})
"""It prints as much as it likes, to /dev/null, and says that it has."""

ATTACKS = [
    Attack("printed without end", calling("""
        for _ in range(2000):
            print("x" * 1000)
        return True
        """), floods, NOWHERE),
    Attack("errors printed without end", calling("""
        for _ in range(2000):
            sys.stderr.write("x" * 1000)
        return True
        """), floods, NOWHERE),
    Attack("standard output by its number", calling("return os.write(1, b'x' * (2 << 20)) > 0"), floods, NOWHERE),
    Attack("verdicts of others, in its own way", calling("return os.write(3, b'T' * (2 << 20)) > 0"), floods, REFUSED),
    Attack("bytes that are no verdicts", calling("return os.write(3, b'?' * (2 << 20)) > 0"), floods, REFUSED),
    Attack("one verdict too many, and the rest of them withheld", calling("""
        os.write(3, b"T" * (2 << 20) if not world["inside"] else b"TT")
        os._exit(0)
        """), floods, REFUSED),
    Attack("all verdicts, and then no end", calling("""
        os.write(3, b"T" * (2 << 20) if not world["inside"] else b"T")
        while world["inside"]:
            pass
        """), floods, REFUSED),
    Attack("verdicts while the module is defined", """
import os
os.write(3, b"d" + b"T" * (2 << 20))
def evaluate(response):
    return True
""", floods, REFUSED),
]  # fmt: skip
