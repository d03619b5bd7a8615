"""Rows of a data set of the Hugging Face hub."""

from collections.abc import Iterator
from pathlib import Path

from scripts.lib.errors import UserError, first_line
from scripts.lib.rows.hub_address import parse_address
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.tables import arrow_rows

OWN_ID = "id_on_hub"


def hub_rows(address: str) -> Iterator[tuple[str, Row]]:
    """Yield each row of a data set with its place ("address: row n"); needs a network unless fetched before.

    An id that a row has becomes the field `id_on_hub`.
    No code of a data set is run: `datasets` has not known how to for some versions. Raises UserError if it cannot be
    fetched.
    """
    from datasets import load_dataset
    from datasets.exceptions import DatasetGenerationError

    data = parse_address(address)
    if Path(data.name).exists():
        raise UserError(f"{address}: {data.name} is a folder here, which would be read instead; rename it")
    try:
        found = load_dataset(data.name, data.config, split=data.split, revision=data.revision)
    except Exception as error:  # datasets raises what its HTTP library and each reader of files do
        told = error.__cause__ if isinstance(error, DatasetGenerationError) and error.__cause__ else error
        raise UserError(
            f"{address}: cannot be fetched ({first_line(told)}); check name, revision, split, config and network, "
            "or fetch it elsewhere and give its Parquet or JSONL file"
        ) from error
    # As Arrow's own tables, so that nothing, such as an image, is decoded.
    for place, row in arrow_rows(found.with_format("arrow").iter(batch_size=1000), address):
        # Nobody here could change ids there that meet those of another set, as numbers do.
        yield place, {(OWN_ID if name == "id" else name): value for name, value in row.items()}
