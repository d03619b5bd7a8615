"""Write the requests that ask whether back-translations contradict their instructions: for the probabilities of labels.

    python -m scripts.autoif.plan_consistency --input back_translated.jsonl \\
        --template config/prompts/autoif/consistency.txt --model results/tiny/iter0/merged --output requests.jsonl

The labels are entailment, neutral and contradiction. Functions without a back-translation are not asked about.
"""

import argparse
import os
from collections.abc import Iterator

from scripts.autoif.asking import add_asking, prompter
from scripts.autoif.consistency import LABELS
from scripts.autoif.function_rows import read_translated
from scripts.autoif.prompts import CONSISTENCY_SLOTS
from scripts.lib import cli
from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--input", type=INPUT, required=True, help="functions with back_translation, a text or null")
    add_asking(parser, *CONSISTENCY_SLOTS)
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for a label")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield a request, with the function's own id, for each function that was translated."""
    prompt, made_with = prompter(args, *CONSISTENCY_SLOTS)
    # How all prompts begin: what two of them have in common that differ in whichever slot comes first.
    shared = len(os.path.commonprefix([prompt(instruction=each, back_translation=each).text for each in "ab"]))
    for rows in read_translated(args.input):
        for row in rows:
            if row["back_translation"] is not None:
                asked = prompt(instruction=row["instruction"], back_translation=row["back_translation"])
                yield Request(
                    id=row["id"],
                    task="score",
                    prompt=asked.text,
                    plain=asked.plain,
                    choices=LABELS,
                    shared=shared,
                    template=made_with,
                )


if __name__ == "__main__":
    cli.run(main, parser())
