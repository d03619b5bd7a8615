"""Write the requests that ask a model to rate answers: one per row and criterion.

    python -m scripts.isheep.plan_assessment --input rule_filtered.jsonl --output requests.jsonl \\
        --templates config/prompts/assessment/combined/quality.txt \\
                    config/prompts/assessment/combined/following.txt

With --earlier, only ratings that could not be read so far are asked for again.
"""

import argparse
from collections.abc import Iterator, Mapping

from scripts.isheep.assessment import (
    Reading,
    attempts_at,
    first_score,
    rating_key,
    rating_prompt,
    read_templates,
    score_request,
    template_key,
)
from scripts.isheep.settings import Assessment
from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.config.sections import Run
from scripts.lib.engines.gather import RATED, gather
from scripts.lib.engines.requests import Request
from scripts.lib.engines.scores import DECIDED
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row, read_text_rows, write_rows
from scripts.lib.run.claims import INPUT, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows with instruction, input and output")
    add("--templates", type=INPUT, nargs="+", required=True, help="one template per criterion, named after it")
    add_options(parser, Assessment, "score", "join")
    add("--attempt", type=checked(Count), default=1, help="which attempt this is, from 1")
    add("--earlier", type=INPUT, nargs="*", default=[], help="completions of the earlier attempts")
    add_options(parser, Assessment, "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write a request for every rating that is still missing."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for a rating (attempt {args.attempt})")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the requests, row by row and criterion by criterion."""
    templates = read_templates(args.templates)
    made = gather(args.earlier, RATED)
    for row in read_text_rows(args.input, "instruction", "input", "output"):
        for criterion in templates:
            if first_score(attempts_at(made, row["id"], criterion, Reading(args.score))) is None:
                yield rating_request(args, row, criterion, templates)


def rating_request(args: argparse.Namespace, row: Row, criterion: str, templates: Mapping[str, str]) -> Request:
    """Return the request for one rating of one row."""
    if args.score != "parsed":
        return score_request(templates, criterion, row, args.attempt, args.join)
    key = rating_key(row["id"], criterion, args.attempt)
    prompt = rating_prompt(templates[criterion], row, args.join)
    return Request(
        id=key,
        task="generate",
        prompt=prompt.text,
        plain=prompt.plain,
        max_tokens=args.max_tokens,
        temperature=args.temperature,
        top_p=args.top_p,
        until=DECIDED,
        template=template_key(templates),
        seed=seed_of(args.seed, key),
    )


if __name__ == "__main__":
    cli.run(main, parser())
