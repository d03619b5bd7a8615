"""Show how far each model is: for every iteration, each stage's rows done of rows wanted; also while jobs run.

    python -m scripts.status
    python -m scripts.status --configfile config/examples/qwen2.5-7b-4gpu.yaml

Read from results/ and work/, so that it needs neither Snakemake nor a GPU, and disturbs nobody. A stage
that has its file is shown as done even if a setting has changed since: what is stale, `snakemake -n` says.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.lib import cli
from scripts.lib.config.files import read_config_file
from scripts.lib.config.settings import ModelEntry
from scripts.lib.run.progress import Progress, counted, generated, trained

NOT_YET = "-"
OF_THE_BASE = ("model", "held-out tasks")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--configfile", type=Path, default=Path("config/config.yaml"), help="the configuration (default %(default)s)")
    add("--folder", type=Path, default=Path(), help="where results/ and work/ lie (default: here)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print one table for each model."""
    _, models = read_config_file(args.configfile)
    for name, model in models.items():
        print("\n".join(table(name, rows(args.folder, name, model))), end="\n\n")


def rows(folder: Path, name: str, model: ModelEntry) -> Iterator[list[str]]:
    """Yield the table of a model: a line of titles, then a line for each stage with a cell for each iteration."""
    iterations = range(model.iterations + 1)
    yield ["", *(f"iter{iteration}" if iteration else "base" for iteration in iterations)]
    for title, cell in stages(model).items():
        places = [Place(folder, name, iteration) for iteration in iterations]
        yield [title, *(cell(place) if place.iteration or title in OF_THE_BASE else "" for place in places)]


class Place:
    """The folders of one iteration of one model."""

    def __init__(self, folder: Path, name: str, iteration: int) -> None:
        self.results = folder / "results" / name / f"iter{iteration}"
        self.work = folder / "work" / name / f"iter{iteration}"
        self.iteration = iteration


def stages(model: ModelEntry) -> dict[str, Callable[[Place], str]]:
    """Return what to show of an iteration, in the order in which it is made."""
    shown: dict[str, Callable[[Place], str]] = {
        "new instructions": lambda place: instructions(place, model),
        "answered": lambda place: step(place, "outputs", ["answers"], model),
        "kept by rules": lambda place: step(place, "rule_filtered", [], model),
    }
    if model.assesses:
        count = 0 if model.assessment.judge else model.rating_attempts
        attempts = [f"ratings_{attempt}" for attempt in range(1, count + 1)]
        shown["assessed"] = lambda place: step(place, "evaluated", attempts, model)
    shown["kept by selection"] = lambda place: step(place, "score_filtered", ["row_perplexity"], model)
    shown["adapter"] = lambda place: made(place, "adapter", trained(place.work / "checkpoints"), "update ")
    shown["model"] = lambda place: made(place, "merged", None)
    if model.held_out is not None:
        shown["held-out tasks"] = lambda place: held_out(place, model)
    return shown


def instructions(place: Place, model: ModelEntry) -> str:
    """Return the new instructions of the target, or how far the current round of prompts is."""
    finished = counted(place.results / "counts/prompts.json")
    if finished is not None:
        return f"{finished.done} of {model.synthesis.target}"
    rounds = [f"prompts_{number}" for number in range(1, model.synthesis.rounds + 1)]
    return current(place, rounds, model)


def step(place: Place, counts: str, generations: list[str], model: ModelEntry) -> str:
    """Return the rows of a finished stage, or how far the generation behind it is."""
    finished = counted(place.results / f"counts/{counts}.json")
    return current(place, generations, model) if finished is None else str(finished)


def current(place: Place, generations: list[str], model: ModelEntry) -> str:
    """Return how far the last generation step is that has requests; a later round may turn out to need none."""
    for number, name in reversed(list(enumerate(generations, start=1))):
        progress = generated(place.work / name, model.engine.shards)
        if progress is not None and (progress.wanted or number == 1):
            return f"round {number}: {progress}" if len(generations) > 1 else str(progress)
    return NOT_YET


def made(place: Place, name: str, progress: Progress | None, unit: str = "") -> str:
    """Return whether a model or adapter is there, or how far it is."""
    if (place.results / name / "manifest.json").is_file():
        return "done"
    return NOT_YET if progress is None else f"{unit}{progress}"


def held_out(place: Place, model: ModelEntry) -> str:
    """Return how many held-out tasks are answered; the base model is asked in both formats, shown is the chat."""
    if (place.results / "held_out_chat.json").is_file():
        return "done"
    return current(place, ["held_out_chat"], model)


def table(title: str, lines: Iterator[list[str]]) -> list[str]:
    """Return rows of cells as lines with aligned columns under a title."""
    cells = list(lines)
    cells[0][0] = title
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in cells
    ]


if __name__ == "__main__":
    cli.run(main, parser())
