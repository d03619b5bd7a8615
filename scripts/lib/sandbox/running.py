"""Functions that a model wrote, run on responses: warm processes side by side, verdicts in the order of the batches."""

import os
import select
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType

from scripts.lib.errors import UserError
from scripts.lib.sandbox.confinement import ConfinementError, architecture
from scripts.lib.sandbox.limits import MODULES, Limits
from scripts.lib.sandbox.verdicts import FunctionVerdict
from scripts.lib.sandbox.worker import Worker, WorkerDied

BATCHES_AHEAD = 8
"""How many batches a worker are begun or finished before the first of them is."""
MOST_RESPONSES = 1000
"""How many responses a batch may have: a process reports on all of them before any verdict is told."""
MOST_TRIES = 3
"""How often a batch is given to a warm process that dies over it."""


@dataclass(frozen=True)
class Batch:
    """A function and the responses that it is run on, in one process: source that defines `evaluate(response)`.

    Raises ValueError for more than MOST_RESPONSES.
    """

    function: str
    responses: Sequence[str]

    def __post_init__(self) -> None:
        if len(self.responses) > MOST_RESPONSES:
            raise ValueError(f"a batch of {len(self.responses)} responses is too long; give at most {MOST_RESPONSES}")


@dataclass
class _Place:
    """A batch in the queue: which of its responses are run, and the verdicts once they are there."""

    batch: Batch
    run: list[int]
    verdicts: list[FunctionVerdict] = field(default_factory=list)
    tries: int = 0
    finished: bool = False

    def settle(self, found: Sequence[FunctionVerdict]) -> None:
        for place, verdict in zip(self.run, found, strict=True):
            self.verdicts[place] = verdict
        self.finished = True


class Sandbox:
    """Warm processes in which functions run that nobody has read.

    A function is Python source that defines `evaluate(response)`. It is called with each response of a batch in turn,
    in one process for all of the batch. It may compute, print (to nowhere), and import `modules`, which are imported
    beforehand. It may not open or change a file, a socket, a process or its own powers: that raises an error in it.
    It gets at most what `limits` say: seconds of CPU and on the clock for the definition and for each call, bytes of
    memory beside Python's. What comes of a call is a FunctionVerdict. docs/sandbox.md has the whole contract.

    Fails closed: raises UserError where processes cannot be confined, so that there is no verdict without a sandbox.
    """

    def __init__(
        self, limits: Limits | None = None, workers: int | None = None, modules: Sequence[str] = MODULES
    ) -> None:
        """Start the warm processes, one for each core if not told how many; raises UserError if they do not hold."""
        try:
            architecture()
        except ConfinementError as error:
            raise UserError(str(error)) from error
        self._limits = limits or Limits()
        self._modules = modules
        self._workers: list[Worker] = []
        try:
            for _ in range(workers or len(os.sched_getaffinity(0))):
                self._workers.append(Worker(self._limits, modules))
            for worker in self._workers:
                worker.wait_until_ready()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The numbers of the warm processes."""
        return [worker.pid for worker in self._workers]

    def close(self) -> None:
        """End all warm processes and what runs in them."""
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def run(self, batches: Iterable[Batch]) -> Iterator[list[FunctionVerdict]]:
        """Yield for each batch, in order, one verdict for each of its responses.

        Batches are taken only a few at a time. Raises UserError if a process can no longer be confined.
        """
        source = iter(batches)
        queue: deque[_Place] = deque()
        todo: deque[_Place] = deque()
        running: dict[int, _Place] = {}
        try:
            while self._fill(queue, todo, source) or queue:
                self._give_out(todo, running)
                while queue and queue[0].finished:
                    yield queue.popleft().verdicts
                if running:
                    self._collect(todo, running)
        finally:
            # Whoever wants no more verdicts leaves workers busy, whose answers would be taken for the next ones.
            for number in running if self._workers else ():
                self._renew(number)

    def _fill(self, queue: deque[_Place], todo: deque[_Place], source: Iterator[Batch]) -> bool:
        """Take as many batches as there is room for in the queue; return whether there was one."""
        room = BATCHES_AHEAD * len(self._workers) - len(queue)
        found = [self._queued(batch) for batch in islice(source, room)]
        queue.extend(found)
        todo.extend(place for place in found if not place.finished)
        return bool(found)

    def _queued(self, batch: Batch) -> _Place:
        """Return a batch's place in the queue; what is too long is refused, and never run."""
        most = self._limits.response_bytes
        run = [place for place, text in enumerate(batch.responses) if _bytes(text) <= most]
        if _bytes(batch.function) > self._limits.function_bytes:
            run = []
        place = _Place(batch, run, [FunctionVerdict.REFUSED] * len(batch.responses))
        place.finished = not run
        return place

    def _give_out(self, todo: deque[_Place], running: dict[int, _Place]) -> None:
        for number, worker in enumerate(self._workers):
            if todo and number not in running:
                place = running[number] = todo.popleft()
                place.tries += 1
                try:
                    worker.start(place.batch.function, [place.batch.responses[each] for each in place.run])
                except WorkerDied:
                    self._replace(number, todo, running)

    def _collect(self, todo: deque[_Place], running: dict[int, _Place]) -> None:
        """Wait for an answer, or for a warm process that has died or is stuck."""
        wait = min(self._workers[number].busy_until for number in running) - time.monotonic()
        ready, _, _ = select.select([self._workers[number] for number in running], [], [], max(0.0, wait))
        for number, worker in enumerate(self._workers):
            if number not in running:
                continue
            if worker in ready:
                try:
                    place = running[number]
                    place.settle(worker.verdicts(len(place.run)))
                    worker.busy_until = 0.0
                    del running[number]
                except WorkerDied:
                    self._replace(number, todo, running)
            elif time.monotonic() >= worker.busy_until:
                self._replace(number, todo, running)

    def _replace(self, number: int, todo: deque[_Place], running: dict[int, _Place]) -> None:
        """Start another warm process in place of a lost one; it does the batch again, unless that was tried enough."""
        place = running.pop(number)
        self._renew(number)
        if place.tries < MOST_TRIES:
            todo.appendleft(place)
        else:
            place.settle([FunctionVerdict.DIED] * len(place.run))

    def _renew(self, number: int) -> None:
        self._workers[number].kill()
        self._workers[number] = Worker(self._limits, self._modules)
        self._workers[number].wait_until_ready()


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", errors="surrogatepass"))
