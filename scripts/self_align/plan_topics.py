"""Write the requests of one round of topics: for each topic that a type has, a list of topics that goes on.

    python -m scripts.self_align.plan_topics --seeds config/seeds/questions.jsonl \\
        --template config/prompts/self_align/topics.txt --known-before topics.jsonl --round 2 \\
        --output requests.jsonl

The types are those of the seeds, and their topics are the first that are known.
"""

import argparse
import logging
import random
from collections.abc import Iterator, Sequence

from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.hashing import fingerprint, seed_of
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.prompts import TOPICS_SLOTS, topics_prompt
from scripts.self_align.settings import Topics
from scripts.self_align.topics import (
    FEW,
    TOPICS_ASKED_FOR,
    read_pool,
    read_seed_questions,
    smallest,
    topic_request,
)

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--seeds", type=INPUT, required=True, help="seed questions: rows of question_type, topic and instruction")
    add("--template", type=INPUT, required=True, help="prompt with the slots {{question_type}} and {{count}}")
    add("--known-before", type=INPUT, nargs="*", default=[], help="the topics of the round before")
    add("--round", type=checked(Count), required=True, help="the round, from 1")
    add_options(parser, Topics, "examples", "balance", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for topics")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield a request for each topic of each type, balanced if so asked, with topics drawn by its own seed."""
    template = read_template(args.template, *TOPICS_SLOTS)
    made_with = fingerprint(template)
    pool = read_pool(read_seed_questions(args.seeds), args.known_before)
    fewest = smallest({question_type: len(topics) for question_type, topics in pool.items()})
    least = next(question_type for question_type, topics in pool.items() if len(topics) == fewest)
    log.info("%d types; the fewest topics, %d, has: %s", len(pool), fewest, least)
    for type_number, (question_type, topics) in enumerate(pool.items(), start=1):
        known = topics[:fewest] if args.balance else topics
        for number, topic in enumerate(known, start=1):
            key = topic_request(args.round, type_number, number)
            shown = topics_shown(topic, known, args.examples, seed_of(args.seed, key))
            prompt = topics_prompt(template, question_type, shown, TOPICS_ASKED_FOR)
            yield drawn(args, key, prompt, template=made_with, purpose="topics")


def topics_shown(topic: str, known: Sequence[str], examples: int, seed: int) -> Sequence[str]:
    """Return the topics that a prompt shows: its own alone where few are known, else some of all in random order."""
    if len(known) < FEW:
        return [topic]
    return random.Random(seed).sample(known, min(examples, len(known)))


if __name__ == "__main__":
    cli.run(main, parser())
