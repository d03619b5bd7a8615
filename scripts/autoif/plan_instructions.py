"""Write the requests of one round of instructions: prompts that show some and ask for more that a program can check.

    python -m scripts.autoif.plan_instructions --seeds config/seeds/constraints.jsonl \\
        --template config/prompts/autoif/instructions.txt --model results/tiny/iter0/merged \\
        --round 1 --output requests.jsonl

The first round shows seeds; a later one also shows what was written before it, drawn anew for each request.
"""

import argparse
import random
from collections.abc import Iterator
from itertools import chain

from scripts.autoif.asking import add_asking, prompter
from scripts.autoif.instructions import instructions_request, read_instructions
from scripts.autoif.prompts import INSTRUCTIONS_OPTIONAL, INSTRUCTIONS_SLOTS
from scripts.autoif.settings import Instructions
from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import read_text_rows, write_rows
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--seeds", type=INPUT, required=True, help="instructions written by hand: rows with an instruction each")
    add("--kept-before", type=INPUT, nargs="*", default=[], help="the instructions kept in the rounds before")
    add("--round", type=checked(Count), required=True, help="the round, from 1")
    add_options(parser, Instructions, "calls", "wanted", "examples", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add_asking(parser, *INSTRUCTIONS_SLOTS, optional=INSTRUCTIONS_OPTIONAL)
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for instructions")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the requests, each with examples drawn by its own seed where there are more than it shows."""
    prompt, made_with = prompter(args, *INSTRUCTIONS_SLOTS, optional=INSTRUCTIONS_OPTIONAL)
    seeds = [row["instruction"].strip() for row in read_instructions(args.seeds)]
    before = chain.from_iterable(read_text_rows(file, "instruction") for file in args.kept_before)
    known = [*seeds, *(row["instruction"] for row in before)]
    examples = min(args.examples or len(seeds), len(known))
    for number in range(1, args.calls + 1):
        key = instructions_request(args.round, number)
        few = examples < len(known)
        shown = random.Random(seed_of(args.seed, key)).sample(known, examples) if few else known
        asked = prompt(examples="\n".join(f"- {text}" for text in shown), wanted=str(args.wanted))
        yield drawn(args, key, asked, template=made_with, purpose="instructions")


if __name__ == "__main__":
    cli.run(main, parser())
