"""Tell how many of a model's verification functions are right: which say of each of many texts what is true of it.

Reads rows with `instruction` (a constraint) and `function`; functions run in the sandbox and nowhere else. The texts
are the same for the same constraint: half of them follow it, and the others mostly do so nearly. Functions for
constraints that are none of this world's are counted apart. The output has a share for each file, under its name.

Example: python -m scripts.tiny_world.constraints.functions --input iter1/verifiers.jsonl iter1/cross_validated.jsonl \\
    --output functions.json
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scripts.lib import cli
from scripts.lib.rows.files import write_json
from scripts.lib.rows.grades import share_measure
from scripts.lib.rows.jsonl import read_text_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.sandbox.running import Batch, Sandbox
from scripts.lib.sandbox.verdicts import FunctionVerdict
from scripts.tiny_world.constraints.kind import Constraint
from scripts.tiny_world.constraints.queries import draw_query
from scripts.tiny_world.constraints.reading import read_constraint
from scripts.tiny_world.constraints.sources import text_about

TEXTS = 40


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument(
        "--input", type=INPUT, nargs="+", required=True, help="JSONL files of rows with instruction and function"
    )
    result.add_argument("--output", type=OUTPUT, required=True, help="JSON file to write")
    return result


def main(args: argparse.Namespace) -> None:
    """Judge the functions of each file, and write the shares."""
    with Sandbox() as sandbox:
        found = {path.stem: judged(path, sandbox) for path in args.input}
    write_json(args.output, {"measures": found})
    shares = ", ".join(f"{name} {share['value']:.1%} of {share['total']}" for name, share in found.items())
    cli.say_where(args.output, f"right functions: {shares}")


def judged(path: Path, sandbox: Sandbox) -> dict[str, Any]:
    """Return the share of right functions among those of a file whose constraints are known, and how many are not."""
    rows = list(read_text_rows(path, "instruction", "function"))
    known = [(each, row["function"]) for row in rows if (each := read_constraint(row["instruction"])) is not None]
    verdicts = list(tqdm(are_right(known, sandbox), total=len(known), desc=path.name, mininterval=1))
    return {**share_measure(f"right functions, {path.stem}", verdicts), "unknown": len(rows) - len(known)}


def are_right(functions: Sequence[tuple[Constraint, str]], sandbox: Sandbox) -> Iterator[bool]:
    """Yield for each constraint and function whether it says of every text what is true."""
    batteries: dict[Constraint, list[str]] = {}
    for constraint, _ in functions:
        if constraint not in batteries:
            batteries[constraint] = battery(constraint)
    batches = (Batch(function, batteries[constraint]) for constraint, function in functions)
    for (constraint, _), said in zip(functions, sandbox.run(batches), strict=True):
        truth = [_verdict(constraint.holds(text)) for text in batteries[constraint]]
        yield said == truth


def battery(constraint: Constraint) -> list[str]:
    """Return texts for a constraint, every other one following it."""
    rng = random.Random(f"battery {constraint.kind.name} {constraint.value}")
    answers = [draw_query(rng).answers[0] for _ in range(TEXTS)]
    return [text_about(answers, constraint, number % 2 == 0, rng) for number in range(TEXTS)]


def _verdict(follows: bool) -> FunctionVerdict:
    return FunctionVerdict.TRUE if follows else FunctionVerdict.FALSE


if __name__ == "__main__":
    cli.run(main, parser())
