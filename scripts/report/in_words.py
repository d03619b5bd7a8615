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
from scripts.lib.rows.reasons import PAGE
from scripts.lib.run.claims import INPUT
from scripts.lib.run.telling import counted
from scripts.recipes import RECIPES
from scripts.report.benchmarks import KINDS, Benchmark, main_scores
from scripts.report.summaries import CHAT, HeldOut, Iteration, Stage, Summary, read_summaries

WIDTH = 100
SURE = 0.05
"""Below this p value a difference counts as more than chance."""
QUESTION = "What is the opposite of hot?"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--summary", type=INPUT, required=True, help="the summary.json of a model")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print the paragraph, and below it the places."""
    (summary,) = read_summaries([args.summary])
    recipe = RECIPES[summary.recipe]
    sentences = [*rows_in_words(summary, recipe), *rightness_in_words(summary), *accuracy_in_words(summary, recipe)]
    sentences += [*measures_in_words(summary), *scores_in_words(summary)]
    print(textwrap.fill(" ".join(sentences), WIDTH))
    print("\nWhere to look next:")
    print(tabulate([*places(summary, recipe, args.summary)], tablefmt="plain"))


def rows_in_words(summary: Summary, recipe: Recipe) -> Iterator[str]:
    """Say how many rows the model made, and how many of them were kept."""
    if recipe.yield_of is None:
        trained_on = counted(sum(iteration.stages[-1].rows for iteration in summary.iterations), "given row")
        yield f"The model {summary.model} was trained on {trained_on}."
        return
    choosing = iterations_with(summary, recipe.yield_of[0])
    kept, made = (
        sum(stage.rows for each in choosing for stage in each.stages if stage.name == name) for name in recipe.yield_of
    )
    did = f"{recipe.did} {counted(made, recipe.made)}"
    yield (
        f"In {counted(len(choosing), 'iteration')}, the model {summary.model} {did}, and kept {kept} of them "
        f"({kept / max(1, made):.0%}) to be trained on."
    )


def rightness_in_words(summary: Summary) -> Iterator[str]:
    """Say how many of the answers are right before and after the selection, if a program could tell."""
    graded = {stage.name: stage.title for each in summary.iterations for stage in each.stages if stage.right}
    shares = [f"{title} {right_share(stages_named(summary, name)):.0%}" for name, title in graded.items()]
    if shares:
        yield f"How many are right, as a program says that knows the right answers: {', '.join(shares)}."


def accuracy_in_words(summary: Summary, recipe: Recipe) -> Iterator[str]:
    """Say how the held-out accuracy went from the base model to the last one, and whether that may be chance.

    Of a recipe with as many iterations as asked for, also which ones gained nothing.
    """
    in_chat = chat_results(summary.held_out)
    if len(in_chat) < 2 or in_chat[0].iteration != 0:
        yield "There is no held-out accuracy of the base model and of one that was trained to compare."
        return
    base, last = in_chat[0], in_chat[-1]
    yield (
        f"Of the held-out tasks, which no model was trained on, the base model answers {base.strict.accuracy:.1%} "
        f"right, and the model after iteration {last.iteration} {last.strict.accuracy:.1%}{how_sure(base, last)}."
    )
    if recipe.most_iterations is None:
        yield from stop_in_words(summary.held_out)


def measures_in_words(summary: Summary) -> Iterator[str]:
    """Say how each further share that the grader gives went from the base model to the last one."""
    in_chat = chat_results(summary.held_out)
    for name, last in in_chat[-1].measures.items() if in_chat else ():
        first = in_chat[0].measures.get(name)
        if first is not None and last.unit == "share":
            yield f"{last.title[:1].upper()}{last.title[1:]}: {first.value:.0%}, then {last.value:.0%}."


def scores_in_words(summary: Summary) -> Iterator[str]:
    """Say how the main score of each benchmark and way of judging went from the base model to the last one."""
    for kind, title in KINDS.items():
        found: list[Benchmark] = getattr(summary, kind)
        ends = []
        for score in main_scores(found):
            own = {each.iteration: value for each in found if (value := value_of(each, score)) is not None}
            if len(own) > 1 and 0 in own:
                ends.append(f"{score} {own[0]}, then {own[max(own)]}")
        if ends:
            asked = {each.format for each in found}
            how = " (asked in plain text, then in chats)" if len(asked) > 1 else ""
            yield f"{title.capitalize()}, of the base model and the last one{how}: {'; '.join(ends)}."


def value_of(benchmark: Benchmark, title: str) -> str | None:
    """Return a score as a sentence has it; None where the benchmark has no such score, or no value of it."""
    for score in benchmark.scores:
        if score.title == title and score.value is not None:
            return f"{score.value:.1%}" if score.unit == "share" else f"{score.value:.2f}"
    return None


def stop_in_words(held_out: Sequence[HeldOut]) -> Iterator[str]:
    """Say which last iterations surely gained nothing over the one before; nothing without verdicts by task."""
    lost, stalled = iterations_in_vain(chat_results(held_out))
    if lost:
        yield f"{names_of(lost).capitalize()} lost accuracy against the one before: more than chance would explain."
    if stalled:
        yield f"What {names_of(stalled)} changed over the one before may each be chance."
    if lost or stalled:
        yield "Where gains stall, fewer iterations do."


def chat_results(held_out: Sequence[HeldOut]) -> list[HeldOut]:
    """Return the accuracies in the chat format in order, the base model's first."""
    return sorted((result for result in held_out if result.format == CHAT), key=lambda result: result.iteration)


def names_of(iterations: Sequence[int]) -> str:
    """Return iterations as a sentence names them."""
    return " and ".join(f"iteration {number}" for number in iterations)


def how_sure(base: HeldOut, last: HeldOut) -> str:
    """Return what the paired test says about a difference."""
    p = paired_p(base, last)
    return "" if p is None or p < SURE else f" (the difference may be chance: exact McNemar test, p = {p:.2g})"


def paired_p(before: HeldOut, after: HeldOut) -> float | None:
    """Return the p value of the exact McNemar test on the tasks that one of two models answers; None if unknown."""
    from scipy.stats import binomtest

    if before.strictly_right is None or after.strictly_right is None:
        return None
    one, other = set(before.strictly_right), set(after.strictly_right)
    return float(binomtest(len(other - one), len(one ^ other)).pvalue) if one != other else 1.0


def iterations_in_vain(measured: Sequence[HeldOut]) -> tuple[list[int], list[int]]:
    """Return the iterations at the end, the first one apart, of which none is surely better than the one before.

    First those that are surely worse, then those whose change may be chance. `measured` are the accuracies of all
    models in order, the base model's first.
    """
    lost: list[int] = []
    stalled: list[int] = []
    for before, after in reversed(list(pairwise(measured))):
        p = paired_p(before, after)
        sure = p is not None and p < SURE
        if p is None or after.iteration == 1 or (sure and after.strict.accuracy > before.strict.accuracy):
            break
        (lost if sure else stalled).insert(0, after.iteration)
    return lost, stalled


def places(summary: Summary, recipe: Recipe, file: Path) -> Iterator[tuple[str, str]]:
    """Yield what there is to look at, and where; what is shared with another model lies in that one's folder."""

    def folder(iteration: Iteration, stage: str) -> Path:
        return file.parents[1] / iteration.shared_with.get(stage, file.parent.name) / f"iter{iteration.iteration}"

    last = max(summary.iterations, key=lambda iteration: iteration.iteration)
    model = folder(last, last.stages[-1].name) / "merged"
    yield "the run as a picture", f"{file.with_suffix('.png')}"
    if recipe.yield_of and (choosing := iterations_with(summary, recipe.yield_of[0])):
        kept = recipe.yield_of[0]
        rows = folder(choosing[-1], kept)
        yield "the last rows kept", f"{rows / kept}.jsonl"
        yield "those rejected, and why", f"{rows}/*_rejected.jsonl ({PAGE} explains each reason)"
    yield "the last model", f"{model}"
    yield "talk to it", f'echo "{QUESTION}" | python -m scripts.chat --model {model}'


def iterations_with(summary: Summary, name: str) -> list[Iteration]:
    """Return the iterations that have a stage."""
    return [each for each in summary.iterations if any(stage.name == name for stage in each.stages)]


def stages_named(summary: Summary, name: str) -> list[Stage]:
    """Return one stage of every iteration that has it."""
    return [stage for iteration in summary.iterations for stage in iteration.stages if stage.name == name]


def right_share(stages: list[Stage]) -> float:
    """Return the share of the rows of these stages that are right."""
    graded = [(stage.right.strict.accuracy, stage.rows) for stage in stages if stage.right]
    return sum(share * rows for share, rows in graded) / max(1, sum(rows for _, rows in graded))


if __name__ == "__main__":
    cli.run(main, parser())
