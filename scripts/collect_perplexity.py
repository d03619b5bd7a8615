"""Put perplexities beside the rows they were measured on.

    python -m scripts.collect_perplexity --input rows.jsonl --texts output pair \\
        --completions completions_1_of_1.jsonl --output rows_with_perplexity.jsonl

A perplexity is exp of the mean negative log likelihood per scored token, as in I-SHEEP's published code. Of a text
of which no token is scored (scripts.lib.engines.texts.measured_ids) there is none: it is null.
"""

import argparse
import math
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.engines.gather import MEASURED, completion_of, gather
from scripts.lib.rows.jsonl import Row, read_rows, write_rows
from scripts.lib.rows.measures import TEXTS, perplexity_key
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="the rows that were measured")
    add("--texts", nargs="+", choices=TEXTS, required=True, help="the texts that were measured")
    add("--completions", type=INPUT, nargs="+", required=True, help="the measurements, one file per shard")
    add("--output", type=OUTPUT, required=True, help="rows to write")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every row with its perplexities."""
    completions = gather(args.completions, MEASURED)

    def measured() -> Iterator[Row]:
        for row in read_rows(args.input):
            keys = {text: perplexity_key(row["id"], text) for text in args.texts}
            nlls = {text: completion_of(completions, key, args.completions)["nll"] for text, key in keys.items()}
            yield {**row, "perplexity": {text: None if nll is None else math.exp(nll) for text, nll in nlls.items()}}

    count = write_rows(args.output, measured())
    cli.say_where(args.output, f"{count} rows with perplexity")


if __name__ == "__main__":
    cli.run(main, parser())
