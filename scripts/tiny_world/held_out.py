"""Write the held-out tasks of the tiny world: balanced over its families, and never in its corpus or seeds.

Example: python -m scripts.tiny_world.held_out --output results/tiny_world/held_out.jsonl
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from itertools import cycle

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.family import Family
from scripts.tiny_world.world import Task, draw_task


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument("--count", type=checked(Count), default=616, help="how many tasks (default: %(default)s)")
    result.add_argument("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw the tasks, family by family in turn, and write them."""
    count = write_rows(args.output, held_out_rows(args.count, args.seed))
    cli.say_where(args.output, f"{count} held-out tasks of {len(FAMILIES)} families")


def held_out_rows(count: int, seed: int) -> Iterator[Row]:
    """Yield held-out tasks, no two alike."""
    for number, task in enumerate(held_out_tasks(FAMILIES, count, f"held out {seed}"), start=1):
        yield {
            "id": f"held-out-{number:04d}",
            "instruction": task.instruction,
            "input": task.input,
            "output": task.answers[0],
            "family": task.family.name,
            "kind": task.family.kind,
        }


def held_out_tasks(families: Sequence[Family], count: int, seed: str) -> Iterator[Task]:
    """Yield so many held-out tasks, no two alike, of one family after the other in turn."""
    rng = random.Random(seed)
    seen: set[tuple[str, str]] = set()
    for family in cycle(families):
        if len(seen) == count:
            return
        task = draw_task(rng, family, held_out=True)
        while (task.instruction, task.input) in seen:
            task = draw_task(rng, family, held_out=True)
        seen.add((task.instruction, task.input))
        yield task


if __name__ == "__main__":
    cli.run(main, parser())
