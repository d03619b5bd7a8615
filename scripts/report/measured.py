"""How models that were measured on held-out tasks are called, and the further measures that graders give of them."""

from collections.abc import Iterable

from scripts.lib.config.recipe import Recipe
from scripts.lib.errors import UserError
from scripts.report.benchmarks import Benchmark, Score
from scripts.report.summaries import CHAT, HeldOut, Measure


def measured_model(recipe: Recipe, iteration: int, format_name: str) -> str:
    """Return what people call the model of an iteration (0: the base model) that was asked in one format."""
    name = recipe.label(iteration) if iteration else "base"
    return name if iteration and format_name == CHAT else f"{name}, {recipe.formats[format_name]}"


def scored_models(recipe: Recipe, scored: Iterable[Benchmark]) -> dict[tuple[int, str], str]:
    """Return what scored models are called, by iteration and format, in the order in which they are shown."""
    formats = list(recipe.formats)
    found = {(each.iteration, each.format) for each in scored}
    return {key: measured_model(recipe, *key) for key in sorted(found, key=lambda key: (key[0], formats.index(key[1])))}


def known_measures(results: Iterable[tuple[str, HeldOut]]) -> dict[str, Measure]:
    """Return every further measure of results, as the first one has it that has it.

    A result comes with where it stands, such as its file. Raises UserError if two results give one measure another
    title or unit, as different graders would.
    """
    found: dict[str, tuple[str, Measure]] = {}
    for place, result in results:
        for name, measure in result.measures.items():
            first, known = found.setdefault(name, (place, measure))
            if heading(known) != heading(measure):
                raise UserError(
                    f"{place}: the measure {name!r} is {heading(measure)!r} here, and {heading(known)!r} in {first}; "
                    "grade both with the same grader"
                )
    return {name: measure for name, (_, measure) in found.items()}


def heading(measure: Measure | Score) -> str:
    """Return what stands above the values of a measure: its title, and the unit where it is no share."""
    return measure.title if measure.unit == "share" else f"{measure.title} ({measure.unit})"
