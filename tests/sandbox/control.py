"""The unsandboxed run of an attack: as the published code runs functions, in a process that may be lost."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.sandbox.confinement import architecture
from tests.unit.refusals import state

SECRET = "what only its owner should read"
PATIENCE = 30.0
"""Seconds for an attack that should come to an end."""
IMPATIENCE, ALARM = 0.8, 0.2
"""Seconds after which an attack that should have none is taken to hang, and after which the alarm rings before."""

HONEST = """
import json, re
def evaluate(response):
    return len(response.split()) == 3 and json.loads('[true]')[0] and re.search('more', response) is not None
"""
HONEST_RESPONSES = {"one word more": "true", "one word": "false"}

DRIVER = """
import json, os, signal, sys, time
job = json.load(sys.stdin)
dumps, write, report = json.dumps, os.write, os.open(job["report"], os.O_WRONLY | os.O_CREAT)
child = os.fork()
if child:
    _, status = os.waitpid(child, 0)
    sys.exit(0 if status == 0 else 100)

def ask(source, response):
    space = {"__name__": "function"}
    exec(source, space)
    return "true" if space["evaluate"](response) else "false"

def guarded(source, response):
    def late(*_):
        raise TimeoutError
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, job["alarm"])
    try:
        return ask(source, response)
    except Exception:
        return "error"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)

answer = guarded(job["source"], job["response"])
honest = guarded(job["honest"], "one word more")
time.sleep(job["linger"])
write(report, dumps({"answer": answer, "honest": honest}).encode())
"""


@dataclass(frozen=True)
class Control:
    """What came of an unsandboxed run: the answer by truthiness, as published; None where no report came."""

    answer: str | None
    honest: str | None
    hung: bool
    parent: int
    """Exit code of the process that had started it; negative for the signal that ended it."""
    output: int
    """Bytes that it wrote to its streams and to descriptor 3."""
    changed: bool


@dataclass(frozen=True)
class World:
    """Files, sockets and numbers to attack, as a response tells them; anyone may read and write the files."""

    folder: Path
    sockets: dict[str, int | str]

    def response(self, *, inside: bool) -> str:
        """Return them as the text that the attack gets."""
        allowed = sorted(architecture().calls.values())
        return json.dumps({"folder": str(self.folder), **self.sockets, "inside": inside, "allowed": allowed})

    def state(self) -> dict[str, str]:
        """Return the files with their hashes, modes and links."""
        found = state(self.folder)
        return {
            name: f"{kind} {stat.st_mode:o} {stat.st_mtime_ns if kind != 'folder' else ''}"
            for name, kind in found.items()
            for stat in [(self.folder / name).lstat()]
        } | {".": str(sorted(found))}


@contextmanager
def world() -> Iterator[World]:
    """Make a world, with listeners on the loopback interface, and remove it at the end."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "full").mkdir()
        for name in ("secret", "victim", "full/file"):
            (folder / name).write_text(SECRET)
            (folder / name).chmod(0o666)
        (folder / "module.py").write_text("VALUE = 1\n")
        for name in (".", "full"):
            (folder / name).chmod(0o777)
        with ExitStack() as stack:
            yield World(folder, listeners(stack, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def listeners(stack: ExitStack, folder: Path) -> dict[str, int | str]:
    """Open sockets that take what comes, and return how to reach them."""
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind(("127.0.0.1", 0))
    unix = stack.enter_context(socket.socket(socket.AF_UNIX))
    unix.bind(str(folder / "unix"))
    (folder / "unix").chmod(0o777)
    unix.listen()
    abstract = f"\0{folder.name}"
    hidden = stack.enter_context(socket.socket(socket.AF_UNIX))
    hidden.bind(abstract)
    hidden.listen()
    return {
        "tcp": tcp.getsockname()[1],
        "udp": udp.getsockname()[1],
        "unix": str(folder / "unix"),
        "abstract": abstract,
    }


def unsandboxed(source: str, *, patience: float = PATIENCE, alarm: float = PATIENCE, linger: float = 0.0) -> Control:
    """Run an attack in a process group of its own, in a world of its own; all that is left of it is killed."""
    with world() as there, tempfile.TemporaryDirectory() as apart, tempfile.TemporaryFile() as output:
        report = Path(apart, "report")
        before = there.state()
        job = {
            "source": source,
            "response": there.response(inside=False),
            "honest": HONEST,
            "report": str(report),
            "linger": linger,
            "alarm": alarm,
        }
        # Descriptor 3 is what verdicts would go to.
        command = ["sh", "-c", 'exec "$0" -c "$1" 3>&1', sys.executable, DRIVER]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=apart, start_new_session=True
        )
        try:
            process.communicate(json.dumps(job).encode(), timeout=patience)
            hung = False
        except subprocess.TimeoutExpired:
            hung = True
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said = json.loads(report.read_text() or "{}") if report.is_file() else {}
        return Control(
            answer=said.get("answer"),
            honest=said.get("honest"),
            hung=hung,
            parent=process.returncode,
            output=os.fstat(output.fileno()).st_size,
            changed=there.state() != before,
        )
