"""The completions of a step, put back together from its shards and matched with the rows they are for."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, placed_rows
from scripts.lib.rows.on_disk import RowsOnDisk
from scripts.lib.rows.shapes import Shape, check_shape

HIGHEST_NLL = 700
"""Of a larger one there is no perplexity, which is its exp; text that nothing speaks for has about 10."""


class Completion(Shape):
    """What all completions say: what made them."""

    made_by: dict[str, Any]


class Written(Completion):
    """The completion of a generate request."""

    text: str
    finish_reason: Literal["stop", "length"]


class Scored(Completion):
    """The completion of a score request whose choices are scores: from 1, or from 0, to 10."""

    probabilities: dict[Annotated[str, Field(pattern=r"^([0-9]|10)$")], Annotated[float, Field(ge=0, le=1.001)]]


class Measured(Completion):
    """The completion of a perplexity request; its nll is null where the text has no token that could be scored."""

    nll: Annotated[float, Field(le=HIGHEST_NLL)] | None


class Followed(Completion):
    """The completion of a loglikelihood request: how probable each of its continuations is, in nats."""

    loglikelihoods: list[Annotated[float, Field(le=0)]]
    greedy: list[bool]


WRITTEN: TypeAdapter[Any] = TypeAdapter(Written)
RATED: TypeAdapter[Any] = TypeAdapter(Scored | Written)
SCORED: TypeAdapter[Any] = TypeAdapter(Scored)
MEASURED: TypeAdapter[Any] = TypeAdapter(Measured)


def gather(files: Sequence[Path], shape: TypeAdapter[Any]) -> Mapping[str, Row]:
    """Return the completions of all shards by request id; a million of them would fill the memory.

    Raises UserError for a row that has not the shape, and if two shards hold the same id.
    """
    found = RowsOnDisk()
    for file in files:
        for place, row in placed_rows(file):
            check_shape(shape, row, f"{place} (id {row['id']!r})", "delete the file and run again")
            if row["id"] in found:
                raise UserError(
                    f"{file}: the completion of {row['id']!r} is in another shard too; "
                    "delete this step's folder in work/ and run again"
                )
            found.put(row["id"], row)
    return found


def completion_of(completions: Mapping[str, Row], identity: str, files: Iterable[Path]) -> Row:
    """Return one completion; raises UserError naming the files if it is missing."""
    if identity not in completions:
        names = ", ".join(str(file) for file in files)
        raise UserError(
            f"{names}: no completion of {identity!r}; the file is cut off or from another run: delete it and run again"
        )
    return completions[identity]
