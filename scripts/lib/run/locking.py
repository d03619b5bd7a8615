"""One writer at a time: a job left over from a run that was killed and the one that replaces it take turns."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Hold the lock of a file (made if it is not there); wait, and say so, while another process holds it.

    The system lets go of it when the process ends, however it ends. Where a file system has no locks,
    the work goes on without, and says so.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("%s: another job is still at this work; waiting for it to end", path)
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as error:
            log.info("%s: cannot be locked here (%s); going on without", path, error.strerror)
        yield
