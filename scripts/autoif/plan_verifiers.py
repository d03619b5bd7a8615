"""Write the requests for verification functions with test cases: several samples for each instruction.

    python -m scripts.autoif.plan_verifiers --input instructions.jsonl \\
        --template config/prompts/autoif/verifiers.txt --model results/tiny/iter0/merged --output requests.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.autoif.asking import add_asking, prompter
from scripts.autoif.instructions import read_instructions
from scripts.autoif.prompts import VERIFIERS_SLOTS
from scripts.autoif.settings import Verifiers
from scripts.autoif.verifiers import FENCE_IS_CLOSED, function_id
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--input", type=INPUT, required=True, help="rows with an instruction each")
    add_options(parser, Verifiers, "samples", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add_asking(parser, *VERIFIERS_SLOTS)
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for functions")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the requests, instruction by instruction."""
    prompt, made_with = prompter(args, *VERIFIERS_SLOTS)
    until = FENCE_IS_CLOSED if args.format == "base" else ""
    for row in read_instructions(args.input):
        asked = prompt(instruction=row["instruction"])
        for number in range(1, args.samples + 1):
            key = function_id(row["id"], number)
            yield drawn(
                args,
                key,
                asked,
                template=made_with,
                purpose="function",
                until=until,
            )


if __name__ == "__main__":
    cli.run(main, parser())
