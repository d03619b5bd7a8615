"""Write held-out tasks with answers and without, both balanced over their families, and never in a corpus or seeds.

Those with answers are the first of scripts.tiny_world.held_out; the output of the others is an honest reply.

Example: python -m scripts.tiny_world.unanswerable.held_out --output results/tiny_world/held_out_self_align.jsonl
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.held_out import held_out_rows, held_out_tasks
from scripts.tiny_world.unanswerable import UNANSWERABLE
from scripts.tiny_world.unanswerable.honesty import HONEST


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--output", type=OUTPUT, required=True, help="JSONL file to write")
    add("--answerable", type=checked(Count), default=308, help="tasks with an answer (default: %(default)s)")
    add("--unanswerable", type=checked(Count), default=252, help="tasks without one (default: %(default)s)")
    add("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw the tasks, family by family in turn, and write them."""
    rows = [*held_out_rows(args.answerable, args.seed), *unanswerable_rows(args.unanswerable, args.seed)]
    write_rows(args.output, rows)
    cli.say_where(args.output, f"{args.answerable} held-out tasks with an answer and {args.unanswerable} without")


def unanswerable_rows(count: int, seed: int) -> Iterator[Row]:
    """Yield held-out tasks without an answer, no two alike."""
    for number, task in enumerate(held_out_tasks(UNANSWERABLE, count, f"held out unanswerable {seed}"), start=1):
        yield {
            "id": f"unanswerable-{number:04d}",
            "instruction": task.instruction,
            "input": task.input,
            "output": HONEST[task.family.kind][0],
            "family": task.family.name,
            "kind": task.family.kind,
        }


if __name__ == "__main__":
    cli.run(main, parser())
