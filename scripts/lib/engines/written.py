"""What a model wrote to the requests of a step, in the order of their ids: never of files or shards."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, read_text_rows
from scripts.lib.rows.on_disk import RowsOnDisk


def written(requests: Path, files: Sequence[Path]) -> Iterator[tuple[tuple[str, str], Row]]:
    """Yield each request, as its id and its prompt, with its completion.

    Raises UserError for a request without a completion, and for a completion that nothing asked for.
    """
    completions, asked = gather(files, WRITTEN), RowsOnDisk()
    for row in read_text_rows(requests, "prompt"):
        asked.put(row["id"], {"prompt": row["prompt"]})
    for identity in completions:
        if identity not in asked:
            names = ", ".join(map(str, files))
            raise UserError(
                f"{names}: the completion of {identity!r} has no request in {requests}; the file is from another run: "
                "delete it and run again"
            )
    for identity in sorted(asked):
        yield (identity, asked[identity]["prompt"]), completion_of(completions, identity, files)
