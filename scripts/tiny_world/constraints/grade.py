"""Grade replies to tasks with a constraint of form: does the constraint hold, by a program, and is the answer right.

Strictly right is a reply that follows the constraint as a whole; right in its first line, one whose first line
follows it. The measures also tell kinds of constraints that seeds have from others, and right answers: a right one to
the query, once or more, beside which there are only words that say nothing.

Examples:
    python -m scripts.tiny_world.constraints.grade --tasks held_out_autoif.jsonl --completions done.jsonl \\
        --output grades.json
    python -m scripts.tiny_world.constraints.grade --rows iter1/rule_filtered.jsonl --output precision.json
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scripts.lib import cli
from scripts.lib.rows.grades import length_measure, share_measure
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.tasks import join
from scripts.tiny_world import grade as of_answers
from scripts.tiny_world.checker import Grade
from scripts.tiny_world.constraints.queries import answers_query
from scripts.tiny_world.constraints.reading import split_task
from scripts.tiny_world.grade import write_grades


@dataclass(frozen=True)
class Found:
    """What is true of a reply; whether it is right is None if its query is none of this world's."""

    seen: bool
    followed: bool
    right: bool | None


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script: that of scripts.tiny_world.grade."""
    result = of_answers.parser()
    result.description = cli.description(__doc__)["description"]
    return result


def main(args: argparse.Namespace) -> None:
    """Grade tasks or rows, and write the accuracies and measures."""
    write_grades(args, "follow their constraint", grade, measures)


def grade(instruction: str, task_input: str, output: str) -> Grade | None:
    """Return whether an output follows its constraint, and its first line does; None if it has none."""
    read = split_task(join(instruction, task_input))
    if read is None:
        return None
    _, constraint = read
    return Grade(strict=constraint.holds(output), first_line=constraint.holds(output.strip().split("\n", 1)[0]))


def measures(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the measures of rows with instruction, input and output, by name; other rows have a length alone."""
    found = [each for row in rows if (each := _found(row)) is not None]
    answered = [each for each in found if each.right is not None]
    shares = {
        "followed": share_measure("follows the constraint", [each.followed for each in found]),
        "followed_seen": share_measure(
            "follows a constraint of a kind that seeds have", [each.followed for each in found if each.seen]
        ),
        "followed_unseen": share_measure(
            "follows a constraint of another kind", [each.followed for each in found if not each.seen]
        ),
        "right": share_measure("answers right", [bool(each.right) for each in answered]),
        "both": share_measure(
            "answers right and follows the constraint", [bool(each.right and each.followed) for each in answered]
        ),
    }
    lengths = [len(row["output"].split()) for row in rows]
    return shares | ({"words": length_measure("length", lengths, "words")} if len(lengths) > 1 else {})


def _found(row: Row) -> Found | None:
    read = split_task(join(row["instruction"], row["input"]))
    if read is None:
        return None
    query, constraint = read
    right = answers_query(query, constraint, row["output"])
    return Found(constraint.kind.seen, constraint.holds(row["output"]), right)


if __name__ == "__main__":
    cli.run(main, parser())
