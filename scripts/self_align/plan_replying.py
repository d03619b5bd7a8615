"""Write the requests that have a base model reply under principles: rules of conduct, worked exemplars, the task.

    python -m scripts.self_align.plan_replying --input prompts.jsonl \\
        --template config/prompts/self_align/replying.txt --principles config/prompts/self_align/principles_v1.txt \\
        --exemplars config/prompts/self_align/exemplars_v1.jsonl --output requests.jsonl

The model goes on from where its thought begins, and is stopped where it would write the user's next turn.
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import add_options, check_together
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import read_text_rows, write_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.assistant import add_assistant, assistant_of
from scripts.self_align.conduct import read_conduct
from scripts.self_align.prompts import NEXT_TURN
from scripts.self_align.settings import Replying


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows with instruction and input")
    add("--template", type=INPUT, required=True, help="prompt with the slots {{principles}} and {{exemplars}}")
    add("--principles", type=INPUT, required=True, help="the principles, one a line")
    add("--exemplars", type=INPUT, required=True, help="worked exemplars, as JSONL")
    add_assistant(parser, "name", "alias", "cutoff", "introduction")
    add(
        "--forbidden",
        nargs="*",
        action="extend",
        default=[],
        metavar="TEXT",
        help=(Replying.model_fields["forbidden"].description or "") + " None unless given.",
    )
    add_options(parser, Replying, "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write one request per row, with the row's id."""
    check_together(Replying, args, "forbidden")
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the request of each row."""
    conduct = read_conduct(args.template, args.principles, args.exemplars)
    assistant = assistant_of(args)
    made_with = fingerprint(conduct.prompt(assistant, "", "").text)
    for row in read_text_rows(args.input, "instruction", "input"):
        prompt = conduct.prompt(assistant, row["instruction"], row["input"])
        yield drawn(
            args,
            row["id"],
            prompt,
            template=made_with,
            purpose="replying",
            stop=(NEXT_TURN,),
            forbidden=tuple(args.forbidden),
        )


if __name__ == "__main__":
    cli.run(main, parser())
