"""Grade a model's completions of the held-out tasks: in all, and for every family.

Strict: the whole text is the right answer. First line: what comes after it does not matter. Every
accuracy has its Wilson 95 % interval.

Example: python -m scripts.tiny_world.grade --tasks held_out.jsonl --completions done.jsonl --output grades.json
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.records import Row, read_text_rows, write_json
from scripts.tiny_world.checker import Grade, grade

Z_95 = 1.959964


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--tasks", type=Path, required=True, help="JSONL of scripts.tiny_world.held_out")
    result.add_argument("--completions", type=Path, required=True, help='JSONL rows {"id", "text", …}, one a task')
    result.add_argument("--output", type=Path, required=True, help="JSON file to write")
    return result


def main(args: argparse.Namespace) -> None:
    """Read tasks and completions, grade them, and write the accuracies."""
    tasks = list(read_text_rows(args.tasks, "instruction", "input", "family"))
    texts = {row["id"]: row["text"] for row in read_text_rows(args.completions, "text")}
    if missing := [task["id"] for task in tasks if task["id"] not in texts]:
        raise UserError(
            f"{args.completions}: {len(missing)} tasks of {args.tasks} have no completion, the first is "
            f"{missing[0]!r}; complete all of them"
        )
    grades = [_graded(task, texts[task["id"]], args.tasks) for task in tasks]
    write_json(args.output, accuracies(tasks, grades))
    right = sum(found.strict for found in grades)
    cli.say_where(args.output, f"{right} of {len(grades)} strictly right")


def accuracies(tasks: Sequence[Row], grades: Sequence[Grade]) -> dict[str, Any]:
    """Return the accuracies of all tasks, and under `families` those of each."""
    families: dict[str, list[Grade]] = {}
    for task, found in zip(tasks, grades, strict=True):
        families.setdefault(task["family"], []).append(found)
    return {**_both(grades), "families": {name: _both(members) for name, members in sorted(families.items())}}


def wilson(correct: int, total: int) -> list[float]:
    """Return the Wilson 95 % interval of a share."""
    if not total:
        return [0.0, 1.0]
    share, square = correct / total, Z_95**2
    centre = share + square / (2 * total)
    half = Z_95 * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    return [round((centre + side * half) / (1 + square / total), 4) for side in (-1, 1)]


def _both(grades: Sequence[Grade]) -> dict[str, Any]:
    return {
        "strict": _accuracy([found.strict for found in grades]),
        "first_line": _accuracy([found.first_line for found in grades]),
    }


def _accuracy(right: Sequence[bool]) -> dict[str, Any]:
    correct, total = sum(right), len(right)
    share = round(correct / total, 4) if total else 0.0
    return {"correct": correct, "total": total, "accuracy": share, "interval": wilson(correct, total)}


def _graded(task: Row, text: str, path: Path) -> Grade:
    found = grade(task["instruction"], task["input"], text)
    if found is None:
        raise UserError(f"{path}: {task['id']!r} is no task of the tiny world; make the file with held_out")
    return found


if __name__ == "__main__":
    cli.run(main, parser())
