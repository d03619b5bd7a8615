"""Put what functions demand, in words, beside them: the first line that a model wrote; null for those not asked about.

    python -m scripts.autoif.collect_back_translation --input cross_validated.jsonl \\
        --completions completions_1_of_1.jsonl --output back_translated.jsonl --rejected back_translated_rejected.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.autoif.consistency import NOT_TRANSLATED, first_functions
from scripts.autoif.function_rows import read_functions
from scripts.autoif.instructions import unquoted
from scripts.autoif.settings import BackTranslation
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.makers import made_by
from scripts.lib.rows.sifting import add_filter_files, sift
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add = parser.add_argument
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add_options(parser, BackTranslation, "functions")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write functions with their back-translations, and those about which nothing was said."""

    def verdict_on(row: Row) -> Verdict | None:
        return Verdict(NOT_TRANSLATED) if row["back_translation"] == "" else None

    sift(args, translated(args), verdict_on)


def translated(args: argparse.Namespace) -> Iterator[Row]:
    """Yield every function with its back-translation; raises UserError if one is missing."""
    completions = gather(args.completions, WRITTEN)
    for rows in read_functions(args.input):
        for row, is_asked in first_functions(rows, args.functions):
            if not is_asked:
                yield {**row, "back_translation": None}
                continue
            completion = completion_of(completions, row["id"], args.completions)
            yield {
                **row,
                "back_translation": first_line(completion["text"]),
                "made_by": made_by(row, "back_translation", completion["made_by"], str(args.input)),
            }


def first_line(text: str) -> str:
    """Return the first line of a text that is not blank, without quotes around it; "" if there is none."""
    lines = text.strip().splitlines()
    return unquoted(lines[0]) if lines else ""


if __name__ == "__main__":
    cli.run(main, parser())
