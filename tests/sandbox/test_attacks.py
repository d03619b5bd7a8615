"""Every attack works without a sandbox, is held by it, and leaves it as it was: the next function is judged right."""

import psutil
import pytest

from scripts.lib.sandbox.limits import MODULES, Limits
from scripts.lib.sandbox.running import Batch, Sandbox
from tests.sandbox.attack import hangs, runs_on
from tests.sandbox.attacks import FAMILIES
from tests.sandbox.control import ALARM, HONEST, HONEST_RESPONSES, IMPATIENCE, unsandboxed, world

# Attacks shall fail at what they do, not at the import of what they do it with.
WEAPONS = (
    *("asyncio", "atexit", "ctypes", "gc", "http.client", "importlib.util", "mmap", "multiprocessing.context"),
    *("multiprocessing.popen_fork", "pathlib", "pickle", "resource", "select", "shutil", "signal", "socket"),
    *("subprocess", "tempfile", "threading", "encodings.idna"),
)
TIMES = {hangs: {"patience": IMPATIENCE, "alarm": ALARM}, runs_on: {"patience": IMPATIENCE}}
ATTACKS = [each for family in FAMILIES.values() for each in family]


@pytest.fixture(scope="module")
def sandbox():
    limits = Limits(cpu_seconds=0.3, wall_seconds=2.0, memory_bytes=128 * 2**20)
    with Sandbox(limits, workers=1, modules=(*MODULES, *WEAPONS)) as found:
        yield found


def test_there_are_as_many_as_the_page_says():
    assert len(ATTACKS) >= 65 and len({each.name for each in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("tried", ATTACKS, ids=str)
def test_it_works_outside_and_is_held_inside(tried, sandbox, capfd):
    control = unsandboxed(tried.source, linger=tried.linger, **TIMES.get(tried.works, {}))
    assert tried.works(control) or tried.needs, control
    pids = sandbox.pids
    with world() as there:
        before = there.state()
        (verdicts,) = sandbox.run([Batch(tried.source, [there.response(inside=True)])])
        assert there.state() == before
    assert set(verdicts) <= tried.held
    (honest,) = sandbox.run([Batch(HONEST, list(HONEST_RESPONSES))])
    assert honest == list(HONEST_RESPONSES.values())
    assert sandbox.pids == pids and not psutil.Process(*pids).children()
    assert capfd.readouterr() == ("", "")
    if not tried.works(control):
        pytest.skip(f"held, but it would not have worked without a sandbox either: there is no {tried.needs} here")
