"""Write the seed tasks of the tiny world, with right answers and none of them held out.

Made by it: python -m scripts.tiny_world.seeds --output config/seeds/tiny.jsonl
"""

import argparse
import random

from scripts.lib import cli
from scripts.lib.config.options import Seed, checked
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.world import draw_task


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw one task of every family and write them."""
    rng = random.Random(f"seeds {args.seed}")
    tasks = [draw_task(rng, family) for family in FAMILIES]
    count = write_rows(
        args.output,
        (
            {
                "id": f"seed-{number:04d}",
                "instruction": task.instruction,
                "input": task.input,
                "output": task.answers[0],
                "tags": [task.family.kind],
            }
            for number, task in enumerate(tasks, start=1)
        ),
    )
    cli.say_where(args.output, f"{count} seed tasks")


if __name__ == "__main__":
    cli.run(main, parser())
