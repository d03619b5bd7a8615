"""What functions get as verdicts, and that there are none where anything of the confinement is missing."""

import errno
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.sandbox.confinement import UNPRIVILEGED
from scripts.lib.sandbox.limits import MODULES, Limits
from scripts.lib.sandbox.running import Batch, Sandbox
from scripts.lib.sandbox.seccomp import (
    ALLOW,
    EQUAL,
    FIRST_ARGUMENT,
    LOAD,
    NUMBER,
    PR_SET_SECCOMP,
    RETURN,
    Filter,
    prctl,
)
from scripts.lib.sandbox.system_calls import AARCH64, X86_64
from tests.conftest import ROOT
from tests.sandbox.control import HONEST, HONEST_RESPONSES

LIMITS = Limits(cpu_seconds=0.3, wall_seconds=2.0, most_timeouts=2)
VARIED = """
import time
def evaluate(response):
    if response == "slow":
        time.sleep(9)
    if response == "wrong":
        raise ValueError
    return {"yes": True, "no": False}.get(response, response)
"""


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(LIMITS, workers=2) as found:
        yield found


def verdicts(sandbox, function, *responses):
    (found,) = sandbox.run([Batch(function, responses)])
    return [verdict.value for verdict in found]


def test_each_response_has_its_verdict_whatever_came_of_those_before_it(sandbox):
    given = ["yes", "wrong", "other", "slow", "no", "yes"]
    assert verdicts(sandbox, VARIED, *given) == ["true", "error", "not_boolean", "timeout", "false", "true"]


def test_who_is_late_too_often_is_not_asked_again(sandbox):
    given = ["yes", "slow", "no", "slow", "yes"]
    assert verdicts(sandbox, VARIED, *given) == ["true", "timeout", "false", "timeout", "timeout"]


@pytest.mark.parametrize(
    ("function", "verdict"),
    [
        ("def evaluate(response) return", "error"),
        ("def other(response):\n    return True", "error"),
        ("evaluate = True", "error"),
        ("def evaluate():\n    return True", "error"),
        ("import numpy\ndef evaluate(response):\n    return True", "error"),
        ("def helper(): return True\ndef evaluate(response): return helper()", "true"),
        ("x = 1\ndef evaluate(response): return all(x for _ in response)", "true"),
        ("import os\ndef evaluate(response): os._exit(response == 'b')", "died"),
        ("#" * LIMITS.function_bytes + "\ndef evaluate(response): return True", "refused"),
    ],
)
def test_a_function_that_is_none_dies_or_is_too_long(sandbox, function, verdict):
    assert verdicts(sandbox, function, "a", "b") == [verdict] * 2


def test_a_response_that_is_too_long_is_not_looked_at(sandbox):
    long = "x" * (LIMITS.response_bytes + 1)
    assert verdicts(sandbox, "def evaluate(response): return True", "a", long, "\ud800") == ["true", "refused", "true"]


@pytest.mark.parametrize("module", MODULES)
def test_what_may_be_imported_can_be(sandbox, module):
    assert verdicts(sandbox, f"import {module}\ndef evaluate(response): return True", "a") == ["true"]


def test_what_modules_load_late_is_there(sandbox):
    function = """
import datetime, decimal, statistics
def evaluate(response):
    day = datetime.datetime.strptime("2024-02-29", "%Y-%m-%d")
    "é".encode("latin-1"), "é".encode("cp1252"), "é".encode("utf-16"), "bücher".encode("idna")
    return day.strftime("%A") == "Thursday" and statistics.mean([decimal.Decimal(1)]) == 1
"""
    assert verdicts(sandbox, function, "a") == ["true"]


def test_chance_and_the_order_of_sets_are_the_same_in_every_process(sandbox):
    function = "import random\ndef evaluate(response): return (random.random() < 0.5) == (list({*'ab'})[0] == 'a')"
    batches = [Batch(function, ["x"] * 20)] * 8
    found = list(sandbox.run(batches))
    with Sandbox(LIMITS, workers=1) as another:
        assert list(another.run(batches)) == found
    assert found == [found[0]] * 8 and len(set(found[0])) == 2


def test_batches_come_back_in_order_however_long_each_takes(sandbox):
    batches = [Batch(VARIED, [["slow", "yes"][number % 5 > 0]]) for number in range(30)]
    found = [verdict.value for (verdict,) in sandbox.run(batches)]
    assert found == [["timeout", "true"][number % 5 > 0] for number in range(30)]


def test_who_stops_listening_is_not_given_old_verdicts(sandbox):
    later = sandbox.run([Batch(VARIED, ["no"])] * 20)
    assert next(later) == ["false"]
    later.close()
    assert verdicts(sandbox, VARIED, "yes") == ["true"]
    with Sandbox(LIMITS, workers=1) as another:
        later = another.run([Batch(VARIED, ["no"])] * 20)
        assert next(later) == ["false"]
    later.close()


def test_a_killed_worker_is_replaced_and_its_batch_done_again(sandbox):
    function = "import time\ndef evaluate(response):\n    time.sleep(0.05)\n    return True"
    found = sandbox.run([Batch(function, ["x"] * 10)] * 6)
    assert next(found) == ["true"] * 10
    before = sandbox.pids
    for pid in before:
        os.kill(pid, 9)
    assert list(found) == [["true"] * 10] * 5
    assert not {*before} & {*sandbox.pids}


def test_nothing_runs_as_root_and_nobody_may_look_into_it(sandbox):
    for pid in sandbox.pids:
        status = Path(f"/proc/{pid}/status").read_text()
        owners = re.search(r"Uid:\s+(.*)", status)[1].split()
        assert set(owners) == {str(os.geteuid() or UNPRIVILEGED)}
        assert re.search(r"CapPrm:\s+(\w+)", status)[1].strip("0") == ""
        assert Path(f"/proc/{pid}/maps").stat().st_uid == 0, "it is dumpable"


def test_the_published_functions_are_as_good_as_they_were_found_to_be(sandbox, shared_data):
    """Functions right on at least 0.8, and on more than 0.5, of the cases that any function agrees with: spec C6."""
    counts = []
    for row in read_rows(shared_data / "autoif/eval_func_rft.jsonl"):
        answers = [parsed(text) for text in row["gpt-answer"]]
        functions = dict.fromkeys(answer["func"] for answer in answers if answer)
        cases = dict.fromkeys(
            (case["input"], case["output"]) for answer in answers if answer for case in answer["cases"]
        )
        found = list(sandbox.run(Batch(function, [given for given, _ in cases]) for function in functions))
        said = [[{"true": True, "false": False}.get(verdict) for verdict in each] for each in found]
        agree = [[one is wanted for one, (_, wanted) in zip(each, cases, strict=True)] for each in said]
        kept = [place for place in range(len(cases)) if any(each[place] for each in agree)]
        shares = [sum(each[place] for place in kept) / len(kept) for each in agree]
        counts.append((sum(share >= 0.8 for share in shares), sum(share > 0.5 for share in shares)))
    assert counts == [(2, 8), (3, 4), (0, 8), (5, 7), (7, 7)]


def parsed(text):
    try:
        return json.loads(re.search(r"```json(.*?)```", text, re.DOTALL)[1])
    except ValueError:
        return None


def filtering(result):
    """Return what makes a process answer any attempt to install a filter with a result, which it cannot undo."""
    number = {"x86_64": 157, "aarch64": 167}[platform.machine()]
    steps = [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 3, number), (LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 0, 1, PR_SET_SECCOMP)]
    return Filter([*steps, (RETURN, 0, 0, 0x00050000 | result), (RETURN, 0, 0, ALLOW)]).install


def no_other_user():
    """Make a process that cannot become another user."""
    number = {"x86_64": 117, "aarch64": 147}[platform.machine()]
    steps = [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 1, number), (RETURN, 0, 0, 0x00050000 | errno.EPERM)]
    Filter([*steps, (RETURN, 0, 0, ALLOW)]).install()


def verify(folder, **options):
    write_rows(folder / "functions.jsonl", [{"id": "f", "function": HONEST}])
    responses = [{"id": text, "function_id": "f", "response": text} for text in HONEST_RESPONSES]
    write_rows(folder / "responses.jsonl", responses)
    command = [sys.executable, "-m", "scripts.verify", "--workers", "1", "--output", str(folder / "verdicts.jsonl")]
    command += [f"--{name}={folder / name}.jsonl" for name in ("functions", "responses")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def test_the_command_gives_verdicts(tmp_path):
    assert verify(tmp_path).stderr.endswith(f"2 verdicts: 1 true, 1 false -> {tmp_path / 'verdicts.jsonl'}\n")
    rows = list(read_rows(tmp_path / "verdicts.jsonl"))
    assert rows == [{"id": text, "verdict": verdict} for text, verdict in HONEST_RESPONSES.items()]


@pytest.mark.parametrize(
    ("confined", "message"),
    [
        (filtering(errno.EINVAL), "it cannot be confined (["),
        (filtering(0), "a confined process has open, socket, fork, kill,"),
        pytest.param(
            no_other_user,
            "root cannot become an ordinary user here",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="it is about root"),
        ),
    ],
    ids=["no filter can be installed", "a filter is installed that does nothing", "root stays root"],
)
def test_without_confinement_no_function_runs_and_there_is_no_verdict(tmp_path, confined, message):
    done = verify(tmp_path, preexec_fn=confined)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert message in done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"functions.jsonl", "responses.jsonl"}


@pytest.mark.parametrize(("what", "value"), [("sys.platform", "darwin"), ("platform.machine", lambda: "riscv64")])
def test_elsewhere_it_says_so_in_a_line(monkeypatch, what, value):
    monkeypatch.setattr(what, value)
    with pytest.raises(UserError, match=r"^the sandbox needs Linux on x86_64 or aarch64, and this is \w+ on \w+$"):
        Sandbox()


@pytest.fixture
def looping(tmp_path):
    """The command while a function runs without end, its warm process, and the process of the function."""
    write_rows(tmp_path / "f.jsonl", [{"id": "f", "function": "def evaluate(response):\n    while True: pass"}])
    write_rows(tmp_path / "r.jsonl", [{"id": "r", "function_id": "f", "response": ""}])
    command = [sys.executable, "-m", "scripts.verify", "--workers=1", "--cpu-seconds=60", f"--output={tmp_path / 'v'}"]
    command += [f"--functions={tmp_path / 'f.jsonl'}", f"--responses={tmp_path / 'r.jsonl'}"]
    with psutil.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        (warm,) = until(process.children)
        # The self-test has a process, too, but not for so long.
        (child,) = until(lambda: [each for each in warm.children() if each.cpu_times().user > 0.3])
        yield process, warm, child
        process.kill()


def test_everything_ends_with_the_command_and_nothing_is_written(looping, tmp_path):
    process, *others = looping
    process.kill()
    until(lambda: all(map(is_gone, others)))
    assert not (tmp_path / "v").exists()


def test_a_function_ends_with_its_warm_process(looping):
    _, warm, child = looping
    warm.kill()
    until(lambda: is_gone(child))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the process of a function")
def test_a_function_has_four_descriptors(looping):
    *_, child = looping
    opened = {file.name: str(file.readlink()) for file in Path(f"/proc/{child.pid}/fd").iterdir()}
    assert [opened.pop(name) for name in "012"] == ["/dev/null"] * 3
    assert list(opened) == ["3"] and opened["3"].startswith("pipe:")


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def until(look, patience=20):
    """Return what is seen as soon as anything is."""
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.02)
    return found


@pytest.mark.parametrize(
    ("table", "header"),
    [(X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (AARCH64, "/usr/include/asm-generic/unistd.h")],
)
def test_the_numbers_are_those_of_the_kernels_headers(table, header):
    if not Path(header).is_file():
        pytest.skip(f"{header} is not there")
    numbers = dict(re.findall(r"#define (?:__NR3264|__NR)_(\w+)\s+(\d+)$", Path(header).read_text(), re.MULTILINE))
    assert {name: int(numbers[name]) for name in table.calls} == table.calls


def test_prctl_says_what_failed():
    with pytest.raises(OSError, match="prctl 9999: Invalid argument"):
        prctl(9999)
