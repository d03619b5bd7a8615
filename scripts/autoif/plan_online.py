"""Write the requests that have the newest model answer prompts anew, several times, as it is trained to be asked.

    python -m scripts.autoif.plan_online --input prompts.jsonl \\
        --model results/tiny/iter2/merged/manifest.json --samples 8 --output requests.jsonl

The instruction, query and constraint in one, is the user's turn in its chat template; no other prompt is around it.
"""

import argparse

from scripts.autoif.samples import sample_requests
from scripts.autoif.settings import Online
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="prompts: rows with instruction and input")
    add("--model", type=MODEL, required=True, help="manifest of the model that will answer")
    add_options(parser, Online, "samples", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write as many requests for each row as there will be answers."""
    tokenizer = load_tokenizer(load_manifest(args.model).directory)

    def prompt_of(row: Row) -> PartlyPlain:
        return chat_prompt(tokenizer, row["instruction"], row["input"])

    requests = sample_requests(args, prompt_of, "chat", "instruction", "input")
    count = write_rows(args.output, (request.to_row() for request in requests))
    cli.say_where(args.output, f"{count} requests for an answer, in chat format")


if __name__ == "__main__":
    cli.run(main, parser())
