"""Write the requests that ask a model how well an answer answers its query, whatever its constraint.

    python -m scripts.autoif.plan_scoring --input rule_filtered.jsonl --template config/prompts/autoif/scoring.txt \\
        --model results/tiny/iter0/merged/manifest.json --format chat --output requests.jsonl

With --score parsed, a text is asked for whose last line names the score, and the template should say so. Published rows
(query, instruction, response) can be asked about, too.
"""

import argparse
from collections.abc import Iterator

from scripts.autoif.asking import add_asking, prompter
from scripts.autoif.prompts import SCORING_SLOTS
from scripts.autoif.scoring import CHOICES, DECIDED, judged_texts
from scripts.autoif.settings import Scoring
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import placed_rows, write_rows
from scripts.lib.run.claims import INPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--input", type=INPUT, required=True, help="answers: rows with query, constraint and output")
    add_asking(parser, *SCORING_SLOTS)
    add_options(parser, Scoring, "score", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write one request per row, with the row's id."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for a score")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the request of each row: for the probabilities of the scores, or for a text."""
    prompt_of, made_with = prompter(args, *SCORING_SLOTS)
    for place, row in placed_rows(args.input):
        prompt = prompt_of(**judged_texts(row, place))
        if args.score != "parsed":
            yield Request(
                id=row["id"],
                task="score",
                prompt=prompt.text,
                plain=prompt.plain,
                choices=CHOICES,
                template=made_with,
            )
            continue
        yield drawn(args, row["id"], prompt, template=made_with, purpose="scoring", until=DECIDED)


if __name__ == "__main__":
    cli.run(main, parser())
