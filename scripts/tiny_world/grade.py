"""Grade answers to tasks of this world: in all, and for every family.

Strict: the whole text is the right answer. First line: what comes after it does not matter. Every
accuracy has its Wilson 95 % interval. Graded are completions of the held-out tasks, or rows that a
model wrote and answered itself; an instruction of such a row may be none of this world's, which is counted.

Examples:
    python -m scripts.tiny_world.grade --tasks held_out.jsonl --completions done.jsonl --output grades.json
    python -m scripts.tiny_world.grade --rows results/tiny/iter1/score_filtered.jsonl --output precision.json
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.files import write_json
from scripts.lib.rows.grades import wilson
from scripts.lib.rows.jsonl import Row, read_text_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.tiny_world.checker import Grade, grade

Grader = Callable[[str, str, str], Grade | None]
"""What grades an output of an instruction and its input; None if they are none of this world's."""
Measures = Callable[[Sequence[Row]], dict[str, Any]]
"""What tells further measures of rows with instruction, input and output, by name."""
UNKNOWN = Grade(strict=False, first_line=False)


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    graded = result.add_mutually_exclusive_group(required=True)
    graded.add_argument("--tasks", type=INPUT, help="JSONL of scripts.tiny_world.held_out")
    graded.add_argument("--rows", type=INPUT, help="JSONL rows with instruction, input and output")
    result.add_argument("--completions", type=INPUT, help='with --tasks: JSONL rows {"id", "text", …}, one a task')
    result.add_argument("--output", type=OUTPUT, required=True, help="JSON file to write")
    return result


def main(args: argparse.Namespace) -> None:
    """Grade tasks or rows, and write the accuracies."""
    write_grades(args, "strictly right")


def write_grades(args: argparse.Namespace, said: str, grader: Grader = grade, measures: Measures | None = None) -> None:
    """Grade tasks or rows, write the accuracies and, if there are any, the measures, and say how many are right."""
    rows = graded_rows(args)
    result = row_accuracies(rows, grader) if args.rows else task_accuracies(rows, args.tasks, grader)
    write_json(args.output, result | ({"measures": measures(rows)} if measures else {}))
    cli.say_where(args.output, f"{result['strict']['correct']} of {result['strict']['total']} {said}")


def graded_rows(args: argparse.Namespace) -> list[Row]:
    """Return the rows of --rows, or the tasks of --tasks, each with the text of its completion as its output.

    Raises UserError if a task is not answered.
    """
    if args.rows:
        return list(read_text_rows(args.rows, "instruction", "input", "output"))
    if not args.completions:
        raise UserError("--tasks needs --completions: the JSONL file with what the model answered")
    tasks = list(read_text_rows(args.tasks, "instruction", "input", "family"))
    texts = {row["id"]: row["text"] for row in read_text_rows(args.completions, "text")}
    if missing := [task["id"] for task in tasks if task["id"] not in texts]:
        raise UserError(
            f"{args.completions}: {len(missing)} tasks of {args.tasks} have no completion, the first is "
            f"{missing[0]!r}; complete all of them"
        )
    return [{**task, "output": texts[task["id"]]} for task in tasks]


def task_accuracies(tasks: Sequence[Row], place: Path, grader: Grader = grade) -> dict[str, Any]:
    """Return the accuracies of all tasks, under `families` those of each, and the ids of those strictly right.

    Raises UserError naming the place if one is no task of the world.
    """
    families: dict[str, list[Grade]] = {}
    strictly_right: list[str] = []
    for task in tasks:
        found = grader(task["instruction"], task["input"], task["output"])
        if found is None:
            raise UserError(f"{place}: {task['id']!r} is no task of the tiny world; make the file with held_out")
        families.setdefault(task["family"], []).append(found)
        if found.strict:
            strictly_right.append(task["id"])
    every = [member for members in families.values() for member in members]
    return {
        **_both(every),
        "families": {name: _both(members) for name, members in sorted(families.items())},
        "strictly_right": strictly_right,
    }


def row_accuracies(rows: Sequence[Row], grader: Grader = grade) -> dict[str, Any]:
    """Return the accuracies of rows by their own outputs; what the checker does not know counts as wrong."""
    found = [grader(row["instruction"], row["input"], row["output"]) for row in rows]
    return {**_both([each or UNKNOWN for each in found]), "unknown": found.count(None)}


def _both(grades: Sequence[Grade]) -> dict[str, Any]:
    return {
        "strict": accuracy([found.strict for found in grades]),
        "first_line": accuracy([found.first_line for found in grades]),
    }


def accuracy(right: Sequence[bool]) -> dict[str, Any]:
    """Return how many of so many are right, as a grader writes it, with the Wilson interval."""
    correct, total = sum(right), len(right)
    share = round(correct / total, 4) if total else 0.0
    return {"correct": correct, "total": total, "accuracy": share, "interval": wilson(correct, total)}


if __name__ == "__main__":
    cli.run(main, parser())
