"""Estimate the GPU hours of I-SHEEP's models in a configuration, before any is spent: what models share counts once.

    python -m scripts.isheep.gpu_hours --configfile config/paper/isheep-thresholds.yaml

It is arithmetic on the settings and on the numbers below, for A100-80GB: tokens, and how many a GPU reads, writes and
trains in a second. docs/scale.md says where these come from. They are those of a 72B model; of others, speed is taken
to be inverse to their size, which the name of the base model says. Real runs may well differ by a factor of two.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tabulate import tabulate

from scripts.configuration import read_config_files
from scripts.isheep.recipe import RECIPE, prompts_steps
from scripts.lib import cli
from scripts.lib.config.recipe import Settings
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.errors import UserError
from scripts.lib.run.claims import INPUT

MEASURED_SIZE = 72.3
"""Billions of weights of the model that the rates below are of."""
WRITTEN_PER_SECOND = 1163 / 8
"""Tokens that a GPU writes in a second (Lambda's benchmark of a 70B model on eight A100)."""
READ_PER_SECOND = 6900 / 8
"""Tokens that it reads: two operations for each weight and token, at 40 % of 312 TFLOP/s."""
SECONDS_PER_ROW = 2.2
"""GPU seconds in which a row of 256 tokens is trained on (Qwen's README: LoRA, ZeRO-3)."""
SECONDS_TO_LOAD = 300
"""Seconds in which an engine loads the weights."""

LIST_TOKENS, ANSWER_TOKENS, RATED_TOKENS = 800, 300, 420
"""Tokens of a written list of instructions, of a written answer, and of a row that is read to be rated or measured."""
KEPT_BY_RULES, KEPT_BY_SCORES = 0.8, 0.31
"""Shares of the new instructions that rules keep, and then scores above 8 (the paper's second iteration of 72B).

Other thresholds and filters keep others; only training depends on it, and never has more rows than max_samples.
"""
HOUR = 3600
STEPS = ("prompts", "outputs", "evaluated", "row_perplexity", "adapter")
TITLES = ("new instructions", "answers", "ratings", "perplexities", "training")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument(
        "--configfile", type=INPUT, default=Path("config/config.yaml"), help="configuration to estimate"
    )
    return result


def main(args: argparse.Namespace) -> None:
    """Print a line for each model with the hours of what it owns, and their sum."""
    _, sharing = read_config_files([args.configfile])
    hours = gpu_hours(sharing)
    if not hours:
        raise UserError(f"{args.configfile}: no model of it is raised by the recipe {RECIPE.name!r}")
    lines = [[name, *(own.get(step, 0.0) for step in STEPS), sum(own.values())] for name, own in hours.items()]
    totals: list[float | str] = [sum(own.get(step, 0.0) for own in hours.values()) for step in STEPS]
    lines.append(["all", *totals, sum(sum(own.values()) for own in hours.values())])
    print(tabulate(lines, ["GPU hours", *TITLES, "sum"], tablefmt="github", floatfmt=",.1f"))
    cli.say_where(args.configfile, f"estimate of {len(hours)} models")


def gpu_hours(sharing: Sharing) -> dict[str, dict[str, float]]:
    """Return the GPU hours of each step that a model owns, loading the weights included, over all iterations."""
    found = {name: dict[str, float]() for name, model in sharing.models.items() if model.recipe is RECIPE}
    for artifact, iteration, _, owner in sharing.owned():
        if owner in found and artifact.name in STEPS:
            seconds = _seconds(artifact.name, sharing.models[owner], iteration)
            found[owner][artifact.name] = found[owner].get(artifact.name, 0.0) + seconds / HOUR
    return found


def _seconds(step: str, model: Model, iteration: int) -> float:
    """Return the GPU seconds of a step in one iteration."""
    return sum(COSTS[step](model.settings, iteration)) * billions(model) / MEASURED_SIZE


def billions(model: Model) -> float:
    """Return how many billions of weights a base model has, by its name; raises UserError for a name without it."""
    match = re.search(r"(?<![\d.])(\d+(?:\.\d+)?)[bB](?![a-zA-Z])", Path(model.settings.base).name)
    if match is None:
        raise UserError(
            f"models.{model.name}: base: {model.settings.base}: its name does not say how large it is, as in NAME-7B"
        )
    return float(match[1])


def _loading(settings: Settings, steps: int = 1) -> float:
    engine = settings.engine
    return steps * engine.shards * max(1, engine.gpus) * SECONDS_TO_LOAD


def _new_instructions(settings: Settings, iteration: int) -> Iterator[float]:
    synthesis = settings.isheep.synthesis
    yield synthesis.target / synthesis.expected_yield * LIST_TOKENS / WRITTEN_PER_SECOND
    # Of all rounds, the second and later ones make what is missing; where nothing is, no engine starts.
    yield _loading(settings, min(2, len(prompts_steps(settings))))


def _answers(settings: Settings, iteration: int) -> Iterator[float]:
    yield settings.isheep.synthesis.target * ANSWER_TOKENS / WRITTEN_PER_SECOND
    yield _loading(settings)


def _ratings(settings: Settings, iteration: int) -> Iterator[float]:
    rated = settings.isheep.synthesis.target * KEPT_BY_RULES
    yield rated * len(settings.isheep.assessment.chosen_criteria) * RATED_TOKENS / READ_PER_SECOND
    yield _loading(settings)


def _perplexities(settings: Settings, iteration: int) -> Iterator[float]:
    # Of each row the output and the whole are measured.
    yield settings.isheep.synthesis.target * KEPT_BY_RULES * 2 * RATED_TOKENS / READ_PER_SECOND
    yield _loading(settings)


def _training(settings: Settings, iteration: int) -> Iterator[float]:
    isheep, training = settings.isheep, settings.training
    share = KEPT_BY_RULES * KEPT_BY_SCORES if isheep.assesses else KEPT_BY_RULES
    kept = round(isheep.synthesis.target * share) * (iteration if training.train_on == "all" else 1)
    rows = kept if training.max_samples is None else min(kept, training.max_samples)
    yield rows * (1 - training.validation_share) * training.epochs * SECONDS_PER_ROW


COSTS: Mapping[str, Callable[[Settings, int], Iterator[float]]] = {
    "prompts": _new_instructions,
    "outputs": _answers,
    "evaluated": _ratings,
    "row_perplexity": _perplexities,
    "adapter": _training,
}


if __name__ == "__main__":
    cli.run(main, parser())
