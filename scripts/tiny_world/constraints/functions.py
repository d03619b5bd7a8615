"""Tell how many of a model's verification functions are right: which say of each of many texts what is true of it.

Reads rows with `instruction` (a constraint) and `function`; functions run in the sandbox and nowhere else. The texts
are the same for the same constraint: half of them follow it, and the others mostly do so nearly. Equal functions of
an instruction count once: cross-validation keeps one of them, and right ones are written again more often, so that
counting all would make it seem to keep fewer right ones. Functions for constraints that are none of this world's are
counted apart.

    python -m scripts.tiny_world.constraints.functions --rows iter1/verifiers.jsonl --output grades.json
"""

import argparse
import random
from collections.abc import Iterator, Sequence

from tqdm import tqdm

from scripts.lib import cli
from scripts.lib.rows.files import write_json
from scripts.lib.rows.jsonl import read_text_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.sandbox.running import Batch, Sandbox
from scripts.lib.sandbox.verdicts import FunctionVerdict
from scripts.tiny_world.constraints.kind import Constraint
from scripts.tiny_world.constraints.queries import draw_query
from scripts.tiny_world.constraints.reading import read_constraint
from scripts.tiny_world.constraints.sources import text_about
from scripts.tiny_world.grade import accuracy

TEXTS = 40


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--rows", type=INPUT, required=True, help="JSONL of rows with instruction and function")
    result.add_argument("--output", type=OUTPUT, required=True, help="JSON file to write")
    return result


def main(args: argparse.Namespace) -> None:
    """Judge the functions of a file, and write the share of right ones, as other graders of rows do."""
    rows = read_text_rows(args.rows, "instruction", "function")
    different = dict.fromkeys((row["instruction"], row["function"]) for row in rows)
    known = [(each, function) for asked, function in different if (each := read_constraint(asked)) is not None]
    with Sandbox() as sandbox:
        verdicts = list(tqdm(are_right(known, sandbox), total=len(known), desc="functions", mininterval=1))
    right = accuracy(verdicts)
    write_json(args.output, {"strict": right, "first_line": right, "unknown": len(different) - len(known)})
    cli.say_where(args.output, f"{right['correct']} of {right['total']} different functions are right")


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
