"""Write the requests for questions: each shows seed questions, and asks for one about each of a few topics.

    python -m scripts.self_align.plan_questions --topics topics.jsonl --seeds config/seeds/questions.jsonl \\
        --template config/prompts/self_align/questions.txt --output requests.jsonl

Every topic is asked about once, in the order of its file, which finish_topics has shuffled.
"""

import argparse
import random
from collections.abc import Iterator, Sequence

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.errors import UserError
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.hashing import fingerprint, seed_of
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.prompts import QUESTIONS_SLOTS, Question, questions_prompt
from scripts.self_align.questions import asked_together, question_request, stops
from scripts.self_align.settings import Questions
from scripts.self_align.topics import read_seed_questions


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--topics", type=INPUT, required=True, help="topics: rows of question_type and topic, in the order to ask")
    add("--seeds", type=INPUT, required=True, help="seed questions: rows of question_type, topic and instruction")
    add("--template", type=INPUT, required=True, help="prompt with the slot {{hints}}")
    add_options(parser, Questions, "examples", "wanted", "keep_last", "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests."""
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for questions")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield a request for every few topics, with examples drawn by its own seed."""
    template = read_template(args.template, *QUESTIONS_SLOTS)
    made_with = fingerprint(template)
    seeds = enough_seeds(args)
    for number, rows in enumerate(asked_together(args.topics, args.wanted), start=1):
        key = question_request(number)
        examples = random.Random(seed_of(args.seed, key)).sample(seeds, args.examples)
        wanted = [Question(row["question_type"], row["topic"]) for row in rows]
        prompt = questions_prompt(template, examples, wanted)
        yield drawn(
            args,
            key,
            prompt,
            template=made_with,
            purpose="questions",
            stop=stops(args.keep_last, args.examples + len(wanted)),
        )


def enough_seeds(args: argparse.Namespace) -> Sequence[Question]:
    """Return the seed questions; raises UserError if they are fewer than a prompt shows."""
    seeds = list(read_seed_questions(args.seeds).values())
    if len(seeds) < args.examples:
        raise UserError(
            f"{args.seeds}: {len(seeds)} seed questions, but a prompt shows {args.examples}; add some, or lower "
            "questions.examples (--examples)"
        )
    return seeds


if __name__ == "__main__":
    cli.run(main, parser())
