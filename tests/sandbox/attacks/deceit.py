"""Attacks by deceit: answers that lie, ends that look like success, hostile responses, traps for later functions."""

from tests.sandbox.attack import Attack, calling, changes_files, dies, poisons, says_true

NOT_BOOLEAN = frozenset({"not_boolean"})
ALONE = frozenset({"true", "error"})
"""It harms nobody but itself, and may say of itself what it likes."""


def answering(name: str, source: str) -> Attack:
    return Attack(name, source, says_true, NOT_BOOLEAN)


def trapping(name: str, body: str) -> Attack:
    return Attack(name, calling(f"{body}\nreturn True"), poisons, ALONE)


ATTACKS = [
    answering("1", "def evaluate(response):\n    return 1"),
    answering("'True'", "def evaluate(response):\n    return 'True'"),
    answering("'False', which counts as true", "def evaluate(response):\n    return 'False'"),
    answering("a coroutine, which counts as true", "async def evaluate(response):\n    return False"),
    answering("a generator, which counts as true", "def evaluate(response):\n    yield False"),
    answering("an object that is equal to everything", """
class Equal:
    def __eq__(self, other): return True
    __hash__ = None
def evaluate(response):
    return Equal()
"""),
    answering("an object that says it is a bool", """
class Liar:
    __class__ = bool
def evaluate(response):
    return Liar()
"""),
    Attack("an object whose truth raises", """
class Raising:
    def __bool__(self): raise SystemExit
def evaluate(response):
    return Raising()
""", dies, NOT_BOOLEAN),
    Attack("an object that does something when it is unpickled", """
class Pickled:
    def __reduce__(self): return (print, ("unpickled",))
def evaluate(response):
    import pickle
    pickle.loads(pickle.dumps(Pickled()))
    return Pickled()
""", says_true, NOT_BOOLEAN),
    Attack("a hostile response to a function that evaluates it", calling("""
        hostile = "open(world['folder'] + '/mark', 'w')"
        return bool(eval(hostile))
        """), changes_files),
    Attack("a hostile pickle in a response", calling("""
        import pickle
        hostile = b"cposix\\nmkdir\\n(V" + (world["folder"] + "/mark").encode() + b"\\ntR."
        pickle.loads(hostile)
        return True
        """), changes_files),
    Attack("sys.exit(0)", "import sys\ndef evaluate(response):\n    sys.exit(0)", dies, frozenset({"error"})),
    Attack("os._exit(0)", "import os\ndef evaluate(response):\n    os._exit(0)", dies, frozenset({"died"})),
    Attack("an interrupt", "def evaluate(response):\n    raise KeyboardInterrupt", dies, frozenset({"error"})),
    Attack("leaving while the module is defined", "import os\nos._exit(0)", dies, frozenset({"died"})),
    trapping("builtins for later functions", "import builtins; builtins.len = lambda *given: 0"),
    trapping("modules for later functions", "json.loads = lambda *given: [False]"),
    trapping("the import of later functions", "sys.modules['re'] = None"),
    trapping("tracing of later functions", """
def trace(frame, event, argument):
    if "word" in str(frame.f_locals.get("response", "")):
        raise ValueError
    return trace
sys.settrace(trace)
"""),
    trapping("what later functions find with", "import re; re.search = lambda *given: None"),
    trapping("frames of its caller", """
frame = sys._getframe()
while frame:
    frame.f_globals["ask"] = lambda *given: "false"
    frame.f_globals["_verdict"] = lambda *given: b"T"
    frame = frame.f_back
"""),
    trapping("objects of its caller, found by the collector", """
import gc
for found in gc.get_objects():
    if isinstance(found, dict) and "guarded" in found and "dumps" in found:
        found["guarded"] = lambda *given: "false"
"""),
]  # fmt: skip
