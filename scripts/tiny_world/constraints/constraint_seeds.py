"""Write seed constraints for the kinds that are seen: as many of each, no two alike.

Made by it: python -m scripts.tiny_world.constraints.constraint_seeds --output config/seeds/tiny_constraints.jsonl
"""

import argparse
import random

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.constraints.kinds import SEEN
from scripts.tiny_world.constraints.reading import draw_constraint

OF_A_KIND = 4


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument(
        "--of-a-kind", type=checked(Count), default=OF_A_KIND, help="constraints of each kind (default: %(default)s)"
    )
    result.add_argument("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw the constraints and write them."""
    phrases = seed_constraints(args.of_a_kind, args.seed)
    rows = ({"id": f"constraint-{number:04d}", "instruction": text} for number, text in enumerate(phrases, start=1))
    cli.say_where(args.output, f"{write_rows(args.output, rows)} seed constraints")


def seed_constraints(of_a_kind: int = OF_A_KIND, seed: int = 1) -> list[str]:
    """Return so many constraints of every seen kind, in words."""
    rng = random.Random(f"constraint seeds {seed}")
    phrases: dict[str, None] = {}
    for number, kind in enumerate(SEEN, start=1):
        while len(phrases) < number * of_a_kind:
            phrases[draw_constraint(rng, [kind]).phrase(rng)] = None
    return list(phrases)


if __name__ == "__main__":
    cli.run(main, parser())
