"""Write the requests that ask a judge about answers and reference answers: two about each question.

    python -m scripts.judging.plan_pairwise --input answered.jsonl --method labels \\
        --template config/prompts/judging/pairwise.txt --judge results/tiny/iter0/merged/manifest.json \\
        --format base --output requests.jsonl

With labels, the judge reads both, in both orders; with ratings, it rates each of them alone.
"""

import argparse
from collections.abc import Iterator

from scripts.judging.asking import add_judge
from scripts.judging.pairwise import COMPARISON_SLOTS, verdict_requests
from scripts.judging.settings import Pairwise
from scripts.judging.single import RATING_SLOTS
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.requests import Request
from scripts.lib.models.asking import asker
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import read_text_rows, write_rows
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows with instruction, input, reference and output, the answer")
    add_options(parser, Pairwise, "method")
    add_judge(parser, templates="{{instruction}}, {{first}} and {{second}}, or {{response}} for ratings")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests about every question."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for a verdict ({args.method})")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the requests, question by question."""
    slots = COMPARISON_SLOTS if args.method == "labels" else RATING_SLOTS
    template = read_template(args.template, *slots)
    key, ask = fingerprint({args.method: template}, args.format), asker(args.format, args.judge)
    for row in read_text_rows(args.input, "instruction", "input", "reference", "output"):
        yield from verdict_requests(args.method, template, key, row, ask)


if __name__ == "__main__":
    cli.run(main, parser())
