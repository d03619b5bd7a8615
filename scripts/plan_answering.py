"""Write the requests that ask a model to answer tasks: as plain text, or in its chat template.

    python -m scripts.plan_answering --input prompts.jsonl --model results/tiny/iter0/merged \\
        --format base --output requests.jsonl

Temperature 0 is greedy, as held-out tasks are answered.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Decoding, Joining, Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import base_prompt, chat_prompt
from scripts.lib.rows.jsonl import read_text_rows, write_rows
from scripts.lib.rows.tasks import Join
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows with instruction and input")
    add("--model", type=MODEL, required=True, help="manifest of the model that will answer")
    add("--format", choices=["base", "chat"], required=True, help="plain text, or the model's chat template")
    add_options(parser, Joining, "join")
    add_options(parser, Decoding, "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write one request per row, with the row's id."""
    make_prompt = prompt_maker(args.format, args.model, args.join)
    requests = (
        drawn(args, row["id"], prompt, template=args.format, purpose="answers")
        for row in read_text_rows(args.input, "instruction", "input")
        for prompt in [make_prompt(row["instruction"], row["input"])]
    )
    count = write_rows(args.output, (request.to_row() for request in requests))
    cli.say_where(args.output, f"{count} requests in {args.format} format")


def prompt_maker(format_name: str, model: Path, by: Join) -> Callable[[str, str], PartlyPlain]:
    """Return the function that turns instruction and input into the prompt of this format."""
    if format_name == "base":
        return partial(base_prompt, by=by)
    tokenizer = load_tokenizer(load_manifest(model).directory)
    return partial(chat_prompt, tokenizer, by=by)


if __name__ == "__main__":
    cli.run(main, parser())
