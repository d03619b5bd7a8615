"""Say in words what a finished run has come to, and where to look next: for somebody who sees it for the first time.

    python -m scripts.report.in_words --summary results/tiny/summary.json

All numbers are those of the summary; a model without held-out tasks, or whose rows no program can grade, has fewer.
"""

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from tabulate import tabulate

from scripts.lib import cli
from scripts.lib.config.recipe import Recipe
from scripts.lib.errors import UserError
from scripts.lib.rows.reasons import PAGE
from scripts.lib.run.claims import INPUT
from scripts.lib.run.telling import counted
from scripts.recipes import RECIPES
from scripts.report.summaries import CHAT, HeldOut, Stage, Summary, read_summaries

WIDTH = 100
QUESTION = "What is the opposite of hot?"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--summary", type=INPUT, required=True, help="the summary.json of a model")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print the paragraph, and below it the places."""
    (summary,) = read_summaries([args.summary])
    if summary.recipe not in RECIPES:
        raise UserError(f"{args.summary}: there is no recipe {summary.recipe!r}; delete the file and make it again")
    recipe = RECIPES[summary.recipe]
    sentences = [*rows_in_words(summary, recipe), *rightness_in_words(summary), *accuracy_in_words(summary)]
    print(textwrap.fill(" ".join(sentences), WIDTH))
    print("\nWhere to look next:")
    print(tabulate([*places(summary, recipe, args.summary)], tablefmt="plain"))


def rows_in_words(summary: Summary, recipe: Recipe) -> Iterator[str]:
    """Say how many rows the model made, and how many of them were kept."""
    if recipe.yield_of is None:
        trained_on = counted(sum(iteration.stages[-1].rows for iteration in summary.iterations), "given row")
        yield f"The model {summary.model} was trained on {trained_on}."
        return
    kept, made = (sum(stage.rows for stage in stages_named(summary, name)) for name in recipe.yield_of)
    yield (
        f"In {counted(len(summary.iterations), 'iteration')}, the model {summary.model} wrote and "
        f"answered {counted(made, 'new instruction')}, and kept {kept} of them ({kept / max(1, made):.0%}) to be "
        "trained on."
    )


def rightness_in_words(summary: Summary) -> Iterator[str]:
    """Say how many of the answers are right before and after the selection, if a program could tell."""
    graded = {stage.name: stage.title for each in summary.iterations for stage in each.stages if stage.right}
    shares = [f"{right_share(stages_named(summary, name)):.0%} of those {title}" for name, title in graded.items()]
    if shares:
        yield f"A program that knows the right answers says that {' and '.join(shares)} are right."


def accuracy_in_words(summary: Summary) -> Iterator[str]:
    """Say how the held-out accuracy went from the base model to the last one, and whether that may be chance."""
    in_chat = sorted(
        (result for result in summary.held_out if result.format == CHAT), key=lambda result: result.iteration
    )
    if len(in_chat) < 2 or in_chat[0].iteration != 0:
        yield "There is no held-out accuracy of the base model and of one that was trained to compare."
        return
    base, last = in_chat[0], in_chat[-1]
    yield (
        f"Of the held-out tasks, which no model was trained on, the base model answers {base.strict.accuracy:.1%} "
        f"right, and the model after iteration {last.iteration} {last.strict.accuracy:.1%}{how_sure(base, last)}."
    )
    if stalled := iterations_in_vain(in_chat):
        yield (
            f"What {' and '.join(f'iteration {number}' for number in stalled)} gained over the one before may each be "
            "chance; the paper stops where gains stall."
        )


def how_sure(base: HeldOut, last: HeldOut) -> str:
    """Return what the 95 % intervals say about a difference."""
    return "" if apart(base, last) else " (the 95 % intervals overlap: the difference may be chance)"


def apart(one: HeldOut, other: HeldOut) -> bool:
    """Return whether the 95 % intervals of two accuracies have nothing in common."""
    (low, high), (other_low, other_high) = one.strict.interval, other.strict.interval
    return other_low > high or other_high < low


def iterations_in_vain(measured: Sequence[HeldOut]) -> list[int]:
    """Return the iterations at the end, the first one apart, of which none is surely better than the one before.

    `measured` are the accuracies of all models in order, the base model's first.
    """
    found: list[int] = []
    for before, after in reversed(list(pairwise(measured))):
        gained = apart(before, after) and after.strict.accuracy > before.strict.accuracy
        if gained or after.iteration == 1:
            break
        found.insert(0, after.iteration)
    return found


def places(summary: Summary, recipe: Recipe, file: Path) -> Iterator[tuple[str, str]]:
    """Yield what there is to look at, and where; what is shared with another model lies in that one's folder."""
    last = max(summary.iterations, key=lambda iteration: iteration.iteration)
    owners = {stage: file.parents[1] / owner for stage, owner in last.shared_with.items()}
    model = owners.get(last.stages[-1].name, file.parent) / f"iter{last.iteration}" / "merged"
    yield "the run as a picture", f"{file.with_suffix('.png')}"
    if recipe.yield_of:
        kept, _ = recipe.yield_of
        rows = owners.get(kept, file.parent) / f"iter{last.iteration}"
        yield "the last rows kept", f"{rows / kept}.jsonl"
        yield "those rejected, and why", f"{rows}/*_rejected.jsonl ({PAGE} explains each reason)"
    yield "the last model", f"{model}"
    yield "talk to it", f'echo "{QUESTION}" | python -m scripts.chat --model {model}'


def stages_named(summary: Summary, name: str) -> list[Stage]:
    """Return one stage of every iteration that has it."""
    return [stage for iteration in summary.iterations for stage in iteration.stages if stage.name == name]


def right_share(stages: list[Stage]) -> float:
    """Return the share of the rows of these stages that are right."""
    graded = [(stage.right.strict.accuracy, stage.rows) for stage in stages if stage.right]
    return sum(share * rows for share, rows in graded) / max(1, sum(rows for _, rows in graded))


if __name__ == "__main__":
    cli.run(main, parser())
