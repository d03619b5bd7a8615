"""Write the requests that ask a model to answer one of two turns, in its chat template.

    python -m scripts.judging.plan_turn --questions config/questions/two_turns.jsonl --turn 1 \\
        --model results/tiny/iter1/merged/manifest.json --output requests.jsonl

In the second turn the model reads the first one with what it answered (--earlier).
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from scripts.judging.settings import Answers
from scripts.judging.single import read_questions, turn_key
from scripts.lib import cli
from scripts.lib.config.options import add_options, checked
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.engines.requests import Request
from scripts.lib.errors import UserError
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import chat_prompt, conversation_prompt
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--questions", type=INPUT, required=True, help="questions of two turns")
    add("--turn", type=checked(Annotated[int, Field(ge=1, le=2)]), required=True, help="which turn is answered: 1 or 2")
    add("--earlier", type=INPUT, nargs="*", default=[], help="completions of the first turn, for the second")
    add("--model", type=MODEL, required=True, help="manifest of the model that will answer")
    add_options(parser, Answers, "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write one request per question."""
    if (args.turn > 1) != bool(args.earlier):
        raise UserError("--earlier: the second turn needs the completions of the first, and the first turn has none")
    count = write_rows(args.output, (request.to_row() for request in requests(args)))
    cli.say_where(args.output, f"{count} requests for turn {args.turn}")


def requests(args: argparse.Namespace) -> Iterator[Request]:
    """Yield the request for the turn of each question."""
    prompt_of = turn_prompts(args)
    for question in read_questions(args.questions):
        prompt, key = prompt_of(question), turn_key(question["id"], args.turn)
        yield drawn(args, key, prompt, template="chat", purpose="answers")


def turn_prompts(args: argparse.Namespace) -> Callable[[Row], PartlyPlain]:
    """Return the function that makes the prompt of a question's turn."""
    tokenizer = load_tokenizer(load_manifest(args.model).directory)
    if args.turn == 1:
        return lambda question: chat_prompt(tokenizer, question["turns"][0], "")
    answers = gather(args.earlier, WRITTEN)

    def second(question: Row) -> PartlyPlain:
        answer = completion_of(answers, turn_key(question["id"], 1), args.earlier)["text"]
        return conversation_prompt(tokenizer, [question["turns"][0], answer, question["turns"][1]])

    return second


if __name__ == "__main__":
    cli.run(main, parser())
