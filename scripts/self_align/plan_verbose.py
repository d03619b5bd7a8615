"""Write the requests that have the engraved model reply at length, under a prompt of its own in its chat template.

    python -m scripts.self_align.plan_verbose --input prompts.jsonl identity.jsonl --model results/m/iter1/merged \\
        --template config/prompts/self_align/verbose.txt --output requests.jsonl

What it learnt to reply to the questions about itself it is asked again, each once.
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request, ngram_penalties
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.prompting import chat_prompt, read_template
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT
from scripts.self_align.assistant import add_assistant, assistant_of
from scripts.self_align.prompts import ASSISTANT_SLOTS, VERBOSE_SLOTS, verbose_request
from scripts.self_align.settings import Verbose
from scripts.self_align.verbose_tasks import read_verbose_tasks


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, nargs="+", required=True, help="rows with instruction and input, in one or more files")
    add("--model", type=MODEL, required=True, help="manifest of the model that will reply")
    add("--template", type=INPUT, required=True, help="prompt with the slot {{instruction}}")
    add_assistant(parser, "name", "cutoff")
    add_options(parser, Verbose, "temperature", "top_p", "max_tokens")
    add_options(parser, Verbose, "trigram_penalty", "quadgram_penalty", "penalized")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write one request per task, with the row's id."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the request of each task."""
    assistant = assistant_of(args)
    template = read_template(args.template, *VERBOSE_SLOTS, optional=ASSISTANT_SLOTS)
    tokenizer = load_tokenizer(load_manifest(args.model).directory)
    made_with = fingerprint(assistant.named_in(template))
    for row in read_verbose_tasks(args.input):
        asked = verbose_request(template, assistant, row["instruction"], row["input"])
        prompt = chat_prompt(tokenizer, asked, "")
        yield drawn(
            args,
            row["id"],
            prompt,
            template=made_with,
            purpose="verbose",
            ngram_penalties=ngram_penalties(args.trigram_penalty, args.quadgram_penalty),
            penalized=args.penalized,
        )


if __name__ == "__main__":
    cli.run(main, parser())
