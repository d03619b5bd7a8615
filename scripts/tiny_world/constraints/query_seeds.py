"""Write the queries that constraints are put to: as many of every family, with right answers, none of them held out.

Made by it: python -m scripts.tiny_world.constraints.query_seeds --output config/seeds/tiny_queries.jsonl
"""

import argparse
import random
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.constraints.queries import QUERY_FAMILIES, draw_query


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument(
        "--of-a-family", type=checked(Count), default=12, help="queries of each family (default: %(default)s)"
    )
    result.add_argument("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw the queries and write them."""
    count = write_rows(args.output, query_rows(args.of_a_family, args.seed))
    cli.say_where(args.output, f"{count} queries of {len(QUERY_FAMILIES)} families")


def query_rows(of_a_family: int, seed: int) -> Iterator[Row]:
    """Yield queries, no two alike."""
    rng = random.Random(f"query seeds {seed}")
    seen: set[str] = set()
    for family in QUERY_FAMILIES * of_a_family:
        task = draw_query(rng, family)
        while task.instruction in seen:
            task = draw_query(rng, family)
        seen.add(task.instruction)
        yield {
            "id": f"query-{len(seen):04d}",
            "instruction": task.instruction,
            "input": "",
            "output": task.answers[0],
            "tags": [family.kind],
        }


if __name__ == "__main__":
    cli.run(main, parser())
