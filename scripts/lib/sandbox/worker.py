"""A warm process as those who use it see it: started, given a batch, asked for its verdicts, killed."""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.sandbox import warm
from scripts.lib.sandbox.limits import Limits
from scripts.lib.sandbox.verdicts import LETTERS, FunctionVerdict

ROOT = Path(__file__).resolve().parents[3]

INTERPRETER = ("-s", "-P", "-S", "-B", "-X", "utf8", "-c")
"""No module but those of the standard library and ours, none beside the current folder, no bytecode written."""
BEGIN = f"import sys; sys.path.append(sys.argv[1]); from {warm.__name__} import main; main()"

KEPT = ("LD_LIBRARY_PATH",)
"""What stays of the environment: some builds of Python, such as those of clusters' modules, do not start without it."""

LONGEST_START = 60.0
"""Seconds that a warm process may take to be ready, on a machine that is busy with everything else."""
LONGEST_END = 5.0
GRACE = 30.0
"""Seconds that a batch may take beside those of all its calls, before its warm process is taken to be stuck."""
LONGEST_MESSAGE = 2**17


class WorkerDied(Exception):
    """A warm process has ended, or does not answer."""


class Worker:
    """One warm process; `busy_until` is when it is taken to be stuck (seconds of the monotonic clock)."""

    def __init__(self, limits: Limits, modules: Sequence[str]) -> None:
        self._limits = limits
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = json.dumps({"limits": asdict(limits), "modules": list(modules)})
        # Hashes are seeded, so that sets have the same order in every process; -I would not let this be said.
        self._process = subprocess.Popen(
            [sys.executable, *INTERPRETER, BEGIN, str(ROOT), str(theirs.fileno()), settings],
            env={name: os.environ[name] for name in KEPT if name in os.environ} | {"PYTHONHASHSEED": "0"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        self._control = ours
        self.busy_until = 0.0

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def fileno(self) -> int:
        """Return the descriptor on which its answer comes."""
        return self._control.fileno()

    def wait_until_ready(self) -> None:
        """Wait for the end of its self-test; raises UserError with what it found wanting, or if it does not come."""
        ready, _, _ = select.select([self._control], [], [], LONGEST_START)
        try:
            answer = self._message() if ready else b""
        except WorkerDied:
            answer = b""
        if answer != warm.READY:
            raise UserError(f"a process of the sandbox did not start ({self._process.poll()}); no function was run")

    def start(self, function: str, responses: Sequence[str]) -> None:
        """Give it a batch; raises WorkerDied if it is gone."""
        batch = os.memfd_create("batch")
        try:
            with open(batch, "wb", closefd=False) as stream:
                stream.write(json.dumps([function, responses]).encode())
            socket.send_fds(self._control, [str(len(responses)).encode()], [batch])
        except OSError as error:
            raise WorkerDied from error
        finally:
            os.close(batch)
        self.busy_until = time.monotonic() + self._limits.wall_seconds * (len(responses) + 2) + GRACE

    def verdicts(self, count: int) -> list[FunctionVerdict]:
        """Return the verdicts on its batch of so many, which must be there; raises WorkerDied if none will come."""
        message = self._message()
        letters = message.removeprefix(warm.VERDICTS).decode()
        if not message.startswith(warm.VERDICTS) or len(letters) != count:
            raise WorkerDied
        return [LETTERS[letter] for letter in letters]

    def kill(self) -> None:
        """End it with all that it has started, whatever it is doing."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0 if self.busy_until else LONGEST_END)
        self._process.kill()
        self._process.wait()

    def _message(self) -> bytes:
        try:
            message = self._control.recv(LONGEST_MESSAGE)
        except OSError as error:
            raise WorkerDied from error
        if not message:
            raise WorkerDied
        if message.startswith(warm.FAULT):
            raise UserError(message.removeprefix(warm.FAULT).decode())
        return message
