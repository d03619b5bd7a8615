"""What running a function on a response comes to."""

from enum import StrEnum


class FunctionVerdict(StrEnum):
    """What a function says of a response, or why it says nothing; only the first two are answers."""

    TRUE = "true"
    """It returned True itself: nothing that is merely equal to it or counts as true."""
    FALSE = "false"
    """It returned False itself."""
    NOT_BOOLEAN = "not_boolean"
    """It returned anything else."""
    ERROR = "error"
    """It raised something (SystemExit, MemoryError and RecursionError too), or could not be defined."""
    TIMEOUT = "timeout"
    """It was killed because the time of a call, or of its definition, was over."""
    DIED = "died"
    """Its process ended before it had answered all of its batch, which rejects all that it had said in it."""
    REFUSED = "refused"
    """It, or the response, was too long to be run; or what came out of its process was no report of verdicts."""


LETTERS = {
    "T": FunctionVerdict.TRUE,
    "F": FunctionVerdict.FALSE,
    "N": FunctionVerdict.NOT_BOOLEAN,
    "E": FunctionVerdict.ERROR,
    "O": FunctionVerdict.TIMEOUT,
    "D": FunctionVerdict.DIED,
    "R": FunctionVerdict.REFUSED,
}
"""How a warm process writes them, a letter for each response; the first four come from the function's own process."""

FROM_A_FUNCTION = frozenset(b"TFNE")
"""The bytes that may come from a function's own process."""
