"""Write the requests that ask what functions demand, in words: for the first functions of each instruction.

    python -m scripts.autoif.plan_back_translation --input cross_validated.jsonl \\
        --template config/prompts/autoif/back_translation.txt --model results/tiny/iter0/merged --output requests.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.autoif.asking import add_asking, prompter
from scripts.autoif.consistency import first_functions
from scripts.autoif.function_rows import read_functions
from scripts.autoif.prompts import BACK_TRANSLATION_SLOTS
from scripts.autoif.settings import BackTranslation
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT

LINE_IS_WRITTEN = r"\s*\S.*\n"
"""Matches a text whose first line is over: a base model would go on after it."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--input", type=INPUT, required=True, help="functions, those of an instruction together")
    add_options(parser, BackTranslation, "functions", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add_asking(parser, *BACK_TRANSLATION_SLOTS)
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for back-translations")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield a request, with the function's own id, for each function that is to be translated."""
    prompt, made_with = prompter(args, *BACK_TRANSLATION_SLOTS)
    until = LINE_IS_WRITTEN if args.format == "base" else ""
    for rows in read_functions(args.input):
        for row, is_asked in first_functions(rows, args.functions):
            if is_asked:
                asked = prompt(function=row["function"])
                yield drawn(
                    args,
                    row["id"],
                    asked,
                    template=made_with,
                    purpose="back_translation",
                    until=until,
                )


if __name__ == "__main__":
    cli.run(main, parser())
