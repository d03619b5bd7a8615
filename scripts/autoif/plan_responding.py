"""Write the requests that have a model answer each query under its constraint, several times.

    python -m scripts.autoif.plan_responding --input prompts.jsonl --template config/prompts/autoif/answering.txt \\
        --model results/tiny/iter0/merged/manifest.json --format chat --samples 8 --output requests.jsonl
"""

import argparse

from scripts.autoif.asking import add_asking, prompter
from scripts.autoif.prompts import ANSWERING_SLOTS
from scripts.autoif.samples import sample_requests
from scripts.autoif.settings import Answering
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--input", type=INPUT, required=True, help="prompts: rows with query and constraint")
    add_asking(parser, *ANSWERING_SLOTS)
    add_options(parser, Answering, "samples", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write as many requests for each row as there will be answers."""
    prompt, made_with = prompter(args, *ANSWERING_SLOTS)

    def prompt_of(row: Row) -> PartlyPlain:
        return prompt(query=row["query"], constraint=row["constraint"])

    requests = sample_requests(args, prompt_of, made_with, *ANSWERING_SLOTS)
    count = write_rows(args.output, (request.to_row() for request in requests))
    cli.say_where(args.output, f"{count} requests for an answer")


if __name__ == "__main__":
    cli.run(main, parser())
