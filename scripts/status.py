"""Show how far each model is: for every iteration, each stage's rows done of rows wanted; also while jobs run.

    python -m scripts.status
    python -m scripts.status --configfile config/examples/qwen2.5-7b-4gpu.yaml

Read from results/ and work/, so that it needs neither Snakemake nor a GPU, and disturbs nobody. A stage
that has its file is shown as done even if a setting has changed since: what is stale, `snakemake -n` says.
An arrow names the model that another shares a stage with, and whose table shows how far it is.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from scripts.configuration import read_config_files
from scripts.lib import cli
from scripts.lib.config.recipe import Stage
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.run.claims import INPUT, INPUT_FOLDER
from scripts.lib.run.progress import Progress, counted, generated, trained

NOT_YET = "-"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--configfile", type=INPUT, default=Path("config/config.yaml"), help="the configuration (default %(default)s)")
    add("--folder", type=INPUT_FOLDER, default=Path(), help="where results/ and work/ lie (default: here)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print one table for each model."""
    _, sharing = read_config_files([args.configfile])
    for model in sharing.models.values():
        titles = [model.name, *(model.recipe.label(number) if number else "base" for number in model.iterations)]
        lines = [titles, *rows(args.folder, sharing, model)]
        alignment = ("left", *["right"] * len(model.iterations))
        print(tabulate(lines, tablefmt="plain", colalign=alignment, disable_numparse=True), end="\n\n")


def rows(folder: Path, sharing: Sharing, model: Model) -> Iterator[list[str]]:
    """Yield a line for each stage, with a cell for each iteration; the base model has no rows."""
    places = [Place(folder, sharing, model, iteration) for iteration in model.iterations]
    stages = {stage.name for place in places[1:] for stage in place.stages}
    for stage in model.recipe.stages:
        if stage.name in stages and stage.name != "training":
            yield [stage.title, "", *(cell(place, stage) for place in places[1:])]
    yield ["adapter", "", *(adapter(place) for place in places[1:])]
    yield ["model", *(made(place, "merged/manifest.json") for place in places)]
    if model.settings.held_out is not None:
        yield ["held-out tasks", *(held_out(place) for place in places)]


@dataclass(frozen=True)
class Place:
    """One iteration of one model, and where its files lie."""

    folder: Path
    sharing: Sharing
    model: Model
    iteration: int

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the iteration."""
        return self.model.recipe.iteration(self.model.settings, self.iteration).stages

    @property
    def work(self) -> Path:
        """The folder that its own jobs resume from."""
        return self.folder / "work" / self.model.name / f"iter{self.iteration}"

    def file(self, name: str) -> Path:
        """Return where a file of the iteration lies."""
        return self.folder / self.sharing.path(self.model.name, f"iter{self.iteration}/{name}")

    def shared_with(self, name: str) -> str | None:
        """Return an arrow to the model that owns a file, or None if it is its own."""
        artifact, iteration = self.model.owning(f"iter{self.iteration}/{name}")
        owner = self.sharing.owner(self.model.name, artifact.name, iteration)
        return None if owner == self.model.name else f"→ {owner}"


def cell(place: Place, stage: Stage) -> str:
    """Return the rows of a finished stage of those wanted, or how far the generation behind it is."""
    if stage not in place.stages:
        return NOT_YET
    counts = f"counts/{stage.name}.json"
    if arrow := place.shared_with(counts):
        return arrow
    finished = counted(place.file(counts))
    if finished is None:
        return current(place, stage.steps(place.model.settings))
    return str(Progress(finished.done, stage.wanted(place.model.settings)) if stage.wanted else finished)


def current(place: Place, steps: list[str]) -> str:
    """Return how far the last generation step is that has requests; a later round may turn out to need none."""
    for number, name in reversed(list(enumerate(steps, start=1))):
        progress = generated(place.work / name)
        if progress is not None and (progress.wanted or number == 1):
            return f"round {number}: {progress}" if len(steps) > 1 else str(progress)
    return NOT_YET


def adapter(place: Place) -> str:
    """Return whether an adapter is there, or up to which update its training has got."""
    progress = trained(place.work / "checkpoints")
    return made(place, "adapter/manifest.json", NOT_YET if progress is None else f"update {progress}")


def held_out(place: Place) -> str:
    """Return how many held-out tasks are answered; the base model is asked in both formats, shown is the chat."""
    return made(place, "held_out_chat.json", current(place, ["held_out_chat"]))


def made(place: Place, name: str, so_far: str = NOT_YET) -> str:
    """Return whether a file is there, else how far it is."""
    if arrow := place.shared_with(name):
        return arrow
    return "done" if place.file(name).is_file() else so_far


if __name__ == "__main__":
    cli.run(main, parser())
