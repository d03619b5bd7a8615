"""Write a seed question for each type of questions without an answer, none of them held out.

Made by it: python -m scripts.tiny_world.unanswerable.question_seeds --output config/seeds/tiny_questions.jsonl
"""

import argparse
import random

from scripts.lib import cli
from scripts.lib.config.options import Seed, checked
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.unanswerable.questions import ASKED_BY_TYPE, draw_question


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw one question of every type and write them."""
    rng = random.Random(f"question seeds {args.seed}")
    questions = [draw_question(rng, family) for family in ASKED_BY_TYPE]
    rows = (
        {
            "id": f"question-{number:04d}",
            "question_type": question.question_type,
            "topic": question.topic,
            "instruction": question.instruction,
        }
        for number, question in enumerate(questions, start=1)
    )
    cli.say_where(args.output, f"{write_rows(args.output, rows)} seed questions")


if __name__ == "__main__":
    cli.run(main, parser())
