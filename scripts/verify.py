"""Ask functions that a model wrote about responses, each in the sandbox: one verdict for each response.

    python -m scripts.verify --functions functions.jsonl --responses responses.jsonl --output verdicts.jsonl

Functions are rows with `id` and `function`, Python source that defines `evaluate(response)`; responses are rows with
`id`, `function_id` and `response`. A row of the output has the `id` of its response, and as `verdict`: true, false,
not_boolean, error, timeout, died or refused. docs/sandbox.md says what they mean, what a function may do, and what the
sandbox protects against. Responses in a row that go to one function share a process, which is much faster.
"""

import argparse
import os
import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

from pydantic import Field
from tqdm import tqdm

from scripts.lib import cli
from scripts.lib.config.options import Count, checked
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, RowWriter, check_texts, placed_rows, row_writer
from scripts.lib.rows.strict_json import shown
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.sandbox.limits import Limits
from scripts.lib.sandbox.running import MOST_RESPONSES, Batch, Sandbox

MOST_CHARACTERS = 2**22
"""After which a batch is full, whatever the number of its responses: batches are held in memory."""

Seconds = Annotated[float, Field(gt=0, le=3600)]


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    limits = Limits()
    add = parser.add_argument
    add("--functions", type=INPUT, required=True, help="rows with id and function: JSONL or a JSON array")
    add("--responses", type=INPUT, required=True, help="rows with id, function_id and response")
    add("--output", type=OUTPUT, required=True, help="one row for each response, in their order: id and verdict")
    add("--workers", type=checked(Count), help="processes side by side (default: one for each core)")
    add(
        "--cpu-seconds",
        type=checked(Seconds),
        default=limits.cpu_seconds,
        help="seconds of CPU that a call, or the definition of a function, may take (default: %(default)s)",
    )
    add(
        "--wall-seconds",
        type=checked(Seconds),
        default=limits.wall_seconds,
        help="the same on the clock, for what only waits (default: %(default)s)",
    )
    add(
        "--memory-mb",
        type=checked(Annotated[int, Field(ge=16, le=2**20)]),
        default=limits.memory_bytes // 2**20,
        help="MiB of memory that a function may take (default: %(default)s)",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Write a verdict for each response."""
    limits = Limits(args.cpu_seconds, args.wall_seconds, args.memory_mb * 2**20)
    with tempfile.TemporaryFile() as sources:
        functions = Functions(args.functions, sources)
        with Sandbox(limits, args.workers) as sandbox, row_writer(args.output) as output:
            found = verify(args.responses, functions, sandbox, output)
            if not found:
                raise UserError(f"{args.responses}: there are no rows in this file; {args.output} was not written")
    counts = ", ".join(f"{count} {name}" for name, count in found.most_common())
    cli.say_where(args.output, f"{found.total()} verdicts: {counts}")


def verify(responses: Path, functions: "Functions", sandbox: Sandbox, output: RowWriter) -> Counter[str]:
    """Write a row for each response; return how often there was each verdict."""
    found: Counter[str] = Counter()
    waiting: deque[list[str]] = deque()
    with tqdm(desc="verdicts", unit="", mininterval=1) as bar:
        for verdicts in sandbox.run(in_batches(responses, functions, waiting)):
            for name, verdict in zip(waiting.popleft(), verdicts, strict=True):
                output.write({"id": name, "verdict": verdict.value})
            found.update(verdict.value for verdict in verdicts)
            bar.update(len(verdicts))
    return found


class Functions:
    """The sources of functions by their ids: in a file of their own, since there may be very many of them."""

    def __init__(self, path: Path, sources: IO[bytes]) -> None:
        """Read all rows into `sources`; raises UserError naming the file and line for one that has no function."""
        self._path = path
        self._file = sources
        self._places: dict[str, tuple[int, int]] = {}
        for place, row in placed_rows(path):
            check_texts(row, place, "function")
            source = row["function"].encode()
            self._places[row["id"]] = (self._file.tell(), len(source))
            self._file.write(source)
        self._file.flush()

    def check(self, name: str, place: str) -> None:
        """Raise UserError, led by a place, unless there is a function of this id."""
        if name not in self._places:
            raise UserError(f"{place}: 'function_id' is {shown(name)}, and no function in {self._path} has this id")

    def source(self, name: str) -> str:
        """Return the function of an id that there is."""
        start, length = self._places[name]
        return os.pread(self._file.fileno(), length, start).decode()


def in_batches(path: Path, functions: Functions, waiting: deque[list[str]]) -> Iterator[Batch]:
    """Yield the responses of a file in batches; the ids of each are appended to `waiting`."""
    for rows in together(path, functions):
        waiting.append([row["id"] for row in rows])
        yield Batch(functions.source(rows[0]["function_id"]), [row["response"] for row in rows])


def together(path: Path, functions: Functions) -> Iterator[list[Row]]:
    """Yield rows that follow one another and go to one function, not too many of them; UserError for a bad row."""
    held: list[Row] = []
    size = 0
    for place, row in placed_rows(path):
        check_texts(row, place, "function_id", "response")
        functions.check(row["function_id"], place)
        is_full = len(held) == MOST_RESPONSES or size > MOST_CHARACTERS
        if held and (is_full or row["function_id"] != held[0]["function_id"]):
            yield held
            held, size = [], 0
        held.append(row)
        size += len(row["response"])
    if held:
        yield held


if __name__ == "__main__":
    cli.run(main, parser())
