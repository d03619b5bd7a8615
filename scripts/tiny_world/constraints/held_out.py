"""Write held-out tasks with a constraint of form, of kinds that seeds have and of kinds that they have not.

Their queries are in no corpus and among no seeds, and their constraints are no seed word for word. A bare answer does
not follow the constraint, unless it is one that bare answers follow as a rule. The output is an answer that follows it.

Example: python -m scripts.tiny_world.constraints.held_out --output results/tiny_world/held_out_autoif.jsonl
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from scripts.autoif.joining import join_constraint
from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import OUTPUT
from scripts.tiny_world.constraints.constraint_seeds import seed_constraints
from scripts.tiny_world.constraints.kind import Kind
from scripts.tiny_world.constraints.kinds import SEEN, UNSEEN
from scripts.tiny_world.constraints.queries import draw_query
from scripts.tiny_world.constraints.reading import draw_constraint


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--output", type=OUTPUT, required=True, help="JSONL file to write")
    add("--seen", type=checked(Count), default=225, help="tasks of kinds that seeds have (default: %(default)s)")
    add("--unseen", type=checked(Count), default=200, help="tasks of other kinds (default: %(default)s)")
    add("--seed", type=checked(Seed), default=1, help="seed of the draw (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Draw the tasks, kind by kind in turn, and write them."""
    rows = [
        *held_out_rows(SEEN, "seen", args.seen, args.seed),
        *held_out_rows(UNSEEN, "unseen", args.unseen, args.seed),
    ]
    write_rows(args.output, rows)
    cli.say_where(args.output, f"{args.seen} held-out tasks with constraints of seen kinds and {args.unseen} of unseen")


def held_out_rows(kinds: Sequence[Kind], name: str, count: int, seed: int) -> Iterator[Row]:
    """Yield held-out tasks of kinds of constraints, no two alike."""
    rng = random.Random(f"held out constraints {name} {seed}")
    seen = set(seed_constraints())
    for number, kind in enumerate(islice(cycle(kinds), count), start=1):
        while True:
            task, constraint = draw_query(rng, held_out=True), draw_constraint(rng, [kind])
            phrase, answer = constraint.phrase(rng), task.answers[0]
            text = join_constraint(task.instruction, phrase)
            reply = constraint.follow(answer, rng)
            fits = constraint.holds(reply) and constraint.holds(answer) == kind.bare_follows
            if fits and not {phrase, text} & seen:
                break
        seen.add(text)
        yield {
            "id": f"{name}-{number:04d}",
            "instruction": text,
            "input": "",
            "output": reply,
            "family": kind.name,
            "kind": name,
        }


if __name__ == "__main__":
    cli.run(main, parser())
