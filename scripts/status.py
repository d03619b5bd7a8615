"""Show how far each model is: for every iteration, each stage's rows kept of rows wanted; also while jobs run.

    python -m scripts.status
    python -m scripts.status --configfile config/examples/qwen2.5-7b-4gpu.yaml

Read from results/ and work/, so that it needs neither Snakemake nor a GPU, and disturbs nobody. A stage
that has its file is shown as done even if a setting has changed since: what is stale, `make plan` says.
An arrow names the model that another shares a stage with, and whose table shows how far it is.

Beneath a table stand the generations and trainings that have begun, with their pace while they run, and the steps
that failed. GPU hours (without a GPU, core hours) are those of all attempts at generation and training, killed
ones, too, from the beginning of the command to its end; what a cluster counts beyond that is not known here.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

from scripts.configuration import read_config_files
from scripts.lib import cli
from scripts.lib.config.sharing import Model
from scripts.lib.run.claims import INPUT, INPUT_FOLDER
from scripts.lib.run.failures import failures
from scripts.lib.run.pace import rows_per_second
from scripts.lib.run.place import Place
from scripts.lib.run.progress import REQUESTS, Progress, ago, counted, generated, lasting, trained

NOT_YET, BEGUN = "-", "begun"
HELD_OUT = "held_out_chat"
"""The base model is asked in both formats; shown is the chat."""

Measured = tuple[str, str, list[str]]
"""How models are measured: the title of its line, the file that it ends with, and the generation steps behind it."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--configfile", type=INPUT, default=Path("config/config.yaml"), help="the configuration (default %(default)s)")
    add("--folder", type=INPUT_FOLDER, default=Path(), help="where results/ and work/ lie (default: here)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print one table for each model, and beneath it what is going on and what failed."""
    _, sharing = read_config_files([args.configfile])
    for model in sharing.models.values():
        places = [Place(args.folder, sharing, model, iteration) for iteration in model.iterations]
        lines = [[model.name, *(place.label for place in places)], *rows(model, places)]
        alignment = ("left", *["right"] * len(places))
        table = tabulate(lines, tablefmt="plain", colalign=alignment, disable_numparse=True)
        print(table, *begun(places), *failures(places), sep="\n", end="\n\n")


def rows(model: Model, places: list[Place]) -> Iterator[list[str]]:
    """Yield a line for each stage, with a cell for each iteration; the base model has no rows."""
    stages = {stage.name for place in places for stage in place.stages}
    for stage in model.recipe.stages:
        if stage.name in stages and stage.name != "training":
            yield [stage.title, "", *(cell(place, stage.name) for place in places[1:])]
    yield ["adapter (updates)", "", *(adapter(place) for place in places[1:])]
    yield ["model", *(made(place, "merged/manifest.json") for place in places)]
    for title, file, steps in measured(model):
        yield [title, *(made(place, file, generating(place, steps)) for place in places)]
    yield from hours_taken(places)


def measured(model: Model) -> Iterator[Measured]:
    """Yield how a model is measured in every iteration: by held-out tasks, by benchmarks, and by a judge."""
    settings = model.settings
    if settings.held_out is not None:
        yield "held-out tasks", f"{HELD_OUT}.json", [HELD_OUT]
    for task in settings.evaluation.chosen:
        yield f"benchmark {task}", f"evaluation/{task}.json", [f"evaluation_{task}"]
    if settings.judging is not None and settings.judging.pairwise is not None:
        yield "judged in pairs", "judged/pairwise.json", ["pairwise_answers", "pairwise_verdicts"]
    if settings.judging is not None and settings.judging.two_turns is not None:
        yield "judged over two turns", "judged/two_turns.json", ["turns_1", "turns_2", "turn_scores"]


def cell(place: Place, name: str) -> str:
    """Return the rows of a finished stage of those wanted, or that the generation behind it has begun.

    Iterations may have a stage of one name with steps of their own behind it.
    """
    stage = next((stage for stage in place.stages if stage.name == name), None)
    if stage is None:
        return NOT_YET
    counts = f"counts/{stage.name}.json"
    if arrow := place.shared_with(counts):
        return arrow
    finished = counted(place.file(counts))
    if finished is None:
        return generating(place, stage.steps(place.model.settings))
    return str(Progress(finished.done, stage.wanted(place.model.settings)) if stage.wanted else finished)


def generating(place: Place, steps: list[str]) -> str:
    """Return whether a generation has begun: how far it is stands beneath the table, since requests are no rows."""
    return BEGUN if any((place.work / step / REQUESTS).is_file() for step in steps) else NOT_YET


def current(place: Place, steps: list[str]) -> tuple[str, Progress] | None:
    """Return the last generation step that has requests, and how far it is; a later round may need none."""
    for number, name in reversed(list(enumerate(steps, start=1))):
        progress = generated(place.work / name)
        if progress is not None and (progress.wanted or number == 1):
            return name, progress
    return None


def adapter(place: Place) -> str:
    """Return whether an adapter (or what was trained without one) is there, or up to which update its training is."""
    progress = trained(place.work / "checkpoints")
    return made(
        place,
        f"{place.model.trained_folder(place.iteration)}/manifest.json",
        NOT_YET if progress is None else str(progress),
    )


def made(place: Place, name: str, so_far: str = NOT_YET) -> str:
    """Return whether a file is there, else how far it is."""
    if arrow := place.shared_with(name):
        return arrow
    return "done" if place.file(name).is_file() else so_far


def hours_taken(places: list[Place]) -> Iterator[list[str]]:
    """Yield a line for GPU hours, and one for the core hours of what ran without a GPU, if there are any."""
    taken = [place.hours for place in places]
    for title, of_each in (
        ("GPU hours", [hours.gpu for hours in taken]),
        ("core hours", [hours.core for hours in taken]),
    ):
        if any(of_each):
            yield [title, *(f"{hours:.2f}" if hours else NOT_YET for hours in of_each)]


def begun(places: list[Place]) -> Iterator[str]:
    """Yield a line for each generation and training of a model that has begun and not ended."""
    for place in places:
        waiting = [
            (stage.title, stage.steps(place.model.settings), f"counts/{stage.name}.json") for stage in place.stages
        ]
        waiting += [(title, steps, file) for title, file, steps in measured(place.model)]
        for title, steps, file in waiting:
            if place.shared_with(file) or place.file(file).is_file():
                continue
            if found := current(place, steps):
                yield f"{place.label}, {title}: {said_of(place, *found)}"
        training = trained(place.work / "checkpoints")
        if training is not None and adapter(place) == str(training):
            yield f"{place.label}, adapter: {training} updates at the last checkpoint, {ago(training.latest or 0)}"


def said_of(place: Place, step: str, progress: Progress) -> str:
    """Return how far a generation step is, how fast, and how long it will take at this pace, where that is known."""
    parts = [f"{progress} requests of {step}"]
    if progress.latest is not None:
        parts.append(f"the last {ago(progress.latest)}")
    if pace := rows_per_second(place.results / "logs", step):
        if progress.tokens is not None:
            parts.append(f"{pace * progress.tokens:.0f} tokens per second")
        parts.append(f"{lasting((progress.wanted - progress.done) / pace)} left")
    return ", ".join(parts)


if __name__ == "__main__":
    cli.run(main, parser())
