"""Write pairs of answers by which a judge is checked: a right one as output, a well-formed wrong one as reference.

    python -m scripts.tiny_world.judged_pairs --output pairs.jsonl

Tasks are held-out ones, family by family in turn. Of the verdicts on these rows (scripts.judging.plan_pairwise,
scripts.complete, scripts.judging.collect_pairwise), the win rate is how often the judge prefers what is right.
"""

import argparse
import random
from collections.abc import Iterator
from itertools import cycle, islice

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.replies import right_reply, wrong_answer
from scripts.tiny_world.world import Task, draw_task


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument("--count", type=checked(Count), default=616, help="how many pairs (default: %(default)s)")
    result.add_argument("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw the pairs and write them."""
    count = write_rows(args.output, judged_pairs(args.count, args.seed))
    cli.say_where(args.output, f"{count} pairs of a right and a wrong answer")


def judged_pairs(count: int, seed: int) -> Iterator[Row]:
    """Yield rows with a right answer as output and a wrong one of the form asked for as reference."""
    rng = random.Random(f"judged pairs {seed}")
    for number, family in enumerate(islice(cycle(FAMILIES), count), start=1):
        task = draw_task(rng, family, held_out=True)
        yield {
            "id": f"pair-{number:04d}",
            "instruction": task.instruction,
            "input": task.input,
            "reference": _wrong(task, rng),
            "output": right_reply(task, rng).text,
            "family": family.name,
        }


def _wrong(task: Task, rng: random.Random) -> str:
    """Return a wrong answer in the form that the task asks for, in which it must differ from every right one."""
    while True:
        formed = task.style.apply(wrong_answer(task, rng))
        if formed not in task.answers:
            return formed


if __name__ == "__main__":
    cli.run(main, parser())
