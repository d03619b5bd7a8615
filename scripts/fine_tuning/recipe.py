"""Supervised fine-tuning on given rows, as a table: the base model is trained once on its own seed tasks.

It is what other recipes are compared with: I-SHEEP's paper trains on rows of Self-Instruct so (Table 1).
"""

from collections.abc import Iterable

from scripts.lib.config.artifacts import BASE, MEASURING_STEPS, SEEDS, measured, trained
from scripts.lib.config.recipe import Iteration, Recipe, Settings, Source, Stage

STAGES = (Stage("training", "trained on"),)


def base(settings: Settings, iteration: int) -> int:
    """The model whose weights the adapter is trained on and merged into."""
    return 0


def measured_model(settings: Settings, iteration: int) -> int:
    """The model that an iteration made."""
    return iteration


def given_rows(settings: Settings, iteration: int) -> Iterable[Source]:
    """Return the rows that train the adapter."""
    return [Source("seeds", 0)]


RECIPE = Recipe(
    name="fine_tuning",
    stages=STAGES,
    steps=MEASURING_STEPS,
    artifacts=(BASE, SEEDS, *trained(given_rows, base), *measured(())),
    iteration=lambda settings, iteration: Iteration(STAGES, training="sft", start="base"),
    roles={"base": base, "measured": measured_model},
    most_iterations=1,
)
