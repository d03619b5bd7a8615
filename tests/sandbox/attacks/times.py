"""Attacks on time: what has no end, where a clock may not look, and what keeps a clock from ringing."""

from tests.sandbox.attack import Attack, calling, dies, hangs, runs_on

LATE = frozenset({"timeout"})
ENDS_ITSELF = frozenset({"timeout", "error"})

FOREVER = """
def loop():
    while True:
        int()
def forever():
    while True:
        try:
            loop()
        except BaseException:
            pass
"""

ATTACKS = [
    Attack("endless loop under a bare except", f"{FOREVER}\ndef evaluate(response):\n    forever()", hangs, LATE),
    Attack("sleep under a bare except", calling("""
        while True:
            try:
                time.sleep(3600)
            except BaseException:
                pass
        """), hangs, LATE),
    Attack("alarm ignored", calling("""
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        while True:
            pass
        """), hangs, LATE),
    Attack("every signal blocked", calling("""
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while True:
            pass
        """), hangs, LATE),
    Attack("alarm put off for ever", calling("""
        while True:
            try:
                signal.setitimer(signal.ITIMER_REAL, 9)
            except OSError:
                pass
        """), hangs, LATE),
    Attack("regular expression with catastrophic backtracking", calling("""
        import re
        return re.fullmatch(r"(a|aa)+b", "a" * 60) is None
        """), runs_on, LATE),
    Attack("big power", calling("return pow(7, 10**9) > 0"), runs_on, ENDS_ITSELF),
    Attack("big integer as text", calling("""
        sys.set_int_max_str_digits(0)
        return len(str(1 << 40_000_000)) > 0
        """), runs_on, ENDS_ITSELF),
    Attack("sum in C of all numbers", calling("return sum(range(10**13)) > 0"), runs_on, LATE),
    Attack("membership in an endless iterator", calling("""
        import itertools
        return 1 in itertools.repeat(0)
        """), runs_on, LATE),
    Attack("exponential recursion", calling("""
        def fibonacci(n):
            return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        return fibonacci(60) > 0
        """), runs_on, LATE),
    Attack("loop of the module", f"{FOREVER}\nforever()", hangs, LATE),
    Attack("loop of a default value, before there is a function", f"""{FOREVER}
def evaluate(response, value=forever()):
    return True
""", hangs, LATE),
    Attack("loop of a decorator", f"""{FOREVER}
@lambda function: forever()
def evaluate(response):
    return True
""", hangs, LATE),
    Attack("loop of a comparison that the caller would make", f"""{FOREVER}
class Endless:
    __bool__ = __eq__ = __hash__ = lambda *given: forever()
def evaluate(response):
    return Endless()
""", hangs, frozenset({"not_boolean"})),
    Attack("stack of C exhausted", calling("""
        deep = ()
        for _ in range(300_000):
            deep = (deep,)
        return hash(deep) == 0
        """), dies, frozenset({"died"})),
]  # fmt: skip
