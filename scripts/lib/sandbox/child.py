"""What the process of one function does: read its batch, be confined, define the function, and report its verdicts."""

import json
import os
import random
from collections.abc import Callable
from typing import NoReturn

from scripts.lib.sandbox.confinement import Confinement
from scripts.lib.sandbox.seccomp import VERDICTS

CONFINED, DEFINED, UNDEFINED = b"c", b"d", b"x"
"""What it writes before the verdicts: that it is confined, and then whether the function could be defined."""

FUNCTION = "evaluate"


def run(batch: int, first: int, verdicts: int, confinement: Confinement) -> NoReturn:
    """Run the function of a batch on its responses from `first` on, writing one byte for each; never return.

    `batch` is a descriptor of a file with `[source, responses]` as JSON. Nothing before the confinement is the
    function's; whatever it does afterwards, it can write nowhere but to `verdicts`, which others read with care.
    """
    try:
        source, responses = json.loads(os.pread(batch, os.fstat(batch).st_size, 0))
        confinement.enter(verdicts, len(responses) - first)
        write, leave = os.write, os._exit
        write(VERDICTS, CONFINED)
        random.seed(0)
        function = _defined(source)
        write(VERDICTS, UNDEFINED if function is None else DEFINED)
        if function is not None:
            for response in responses[first:]:
                write(VERDICTS, _verdict(function, response))
        leave(0)
    finally:
        os._exit(1)


def _defined(source: str) -> Callable[[str], object] | None:
    """Return the function of a source, run in a namespace of its own; None if there is none."""
    try:
        namespace: dict[str, object] = {"__name__": "function"}
        exec(compile(source, "<function>", "exec", dont_inherit=True), namespace)  # noqa: S102 - confined
        function = namespace[FUNCTION]
    except BaseException:
        return None
    return function if callable(function) else None


def _verdict(function: Callable[[str], object], response: str) -> bytes:
    """Return the letter for a call: an answer is True or False itself, told without asking the answer anything."""
    try:
        answer = function(response)
    except BaseException:
        return b"E"
    return (b"T" if answer is True else b"F") if type(answer) is bool else b"N"
