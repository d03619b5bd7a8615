"""Write the requests that ask a judge for a score of each of two turns.

    python -m scripts.judging.plan_two_turns --questions config/questions/two_turns.jsonl \\
        --answers turns_1/completions_1_of_1.jsonl turns_2/completions_1_of_1.jsonl \\
        --template config/prompts/judging/single.txt --reference-template config/prompts/judging/single_reference.txt \\
        --judge results/tiny/iter0/merged/manifest.json --format base --output requests.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.judging.asking import add_judge
from scripts.judging.single import RATING_SLOTS, REFERENCE_SLOTS, TURNS, read_questions, score_requests, turn_key
from scripts.lib import cli
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.engines.requests import Request
from scripts.lib.models.asking import asker
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--questions", type=INPUT, required=True, help="questions of two turns")
    add("--answers", type=INPUT, nargs="+", required=True, help="completions of both turns, of all shards")
    add("--reference-template", type=INPUT, required=True, help="the same for turns with a reference: {{reference}}")
    add_judge(parser, templates="{{instruction}} and {{response}}")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write a request for every turn."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for a score")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the requests, question by question and turn by turn."""
    templates = {
        False: read_template(args.template, *RATING_SLOTS),
        True: read_template(args.reference_template, *REFERENCE_SLOTS),
    }
    key, ask = fingerprint(list(templates.values()), args.format), asker(args.format, args.judge)
    written = gather(args.answers, WRITTEN)
    for question in read_questions(args.questions):
        answers = [completion_of(written, turn_key(question["id"], turn), args.answers)["text"] for turn in TURNS]
        yield from score_requests(templates, key, question, answers, ask)


if __name__ == "__main__":
    cli.run(main, parser())
