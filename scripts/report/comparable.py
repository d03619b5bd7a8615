"""What a comparison of a configuration's models will be able to tell: said before anything is made for it."""

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Any

from scripts.lib.config.sharing import Model
from scripts.lib.errors import UserError


def check_comparable(models: Collection[Model]) -> list[str]:
    """Return a line for each thing that a comparison of models cannot tell; raises UserError if it can be none.

    It can be none of models that are one arm and one seed, or that answer different held-out tasks.
    """
    seen: dict[tuple[str, int], str] = {}
    for model in models:
        other = seen.setdefault((model.arm, model.settings.seed), model.name)
        if other != model.name:
            raise UserError(
                f"{other} and {model.name} cannot be compared: both are arm {model.arm} with seed "
                f"{model.settings.seed}; give one of them another name, or another seed"
            )
    measured = [model for model in models if model.settings.held_out is not None]
    for model in measured[1:]:
        if model.settings.held_out != measured[0].settings.held_out:
            raise UserError(
                f"{measured[0].name} and {model.name} cannot be compared: their held_out: differ, and with it what "
                "their accuracies are of; give all models the same, or compare them in configurations of their own"
            )
    return list(_doubts(models, measured))


def is_measured(model: Model) -> bool:
    """Return whether anything is measured on a model: by held-out tasks, benchmarks or a judge."""
    settings = model.settings
    return settings.held_out is not None or bool(settings.evaluation.chosen) or settings.judging is not None


def _doubts(models: Collection[Model], measured: Collection[Model]) -> Iterator[str]:
    arms: dict[str, list[Model]] = {}
    for model in models:
        arms.setdefault(model.arm, []).append(model)
    seeds = {arm: {model.settings.seed for model in members} for arm, members in arms.items()}
    iterations = {arm: max(model.settings.iterations for model in members) for arm, members in arms.items()}
    if len(arms) == 1:
        yield f"there is one arm, {next(iter(arms))}, and none to compare it with"
    elif all(len(of_arm) == 1 for of_arm in seeds.values()):
        yield "every arm has one seed, so that no difference can be told from chance; variants: can give it more"
    if apart := [pair for pair in combinations(seeds, 2) if not seeds[pair[0]] & seeds[pair[1]]]:
        named = ", ".join(" and ".join(pair) for pair in apart)
        yield f"differences are taken seed by seed, and these arms share none: {named}"
    if len(set(iterations.values())) > 1:
        named = ", ".join(f"{arm} {number}" for arm, number in iterations.items())
        yield f"arms have different numbers of iterations ({named}): later ones stand alone"
    if not any(map(is_measured, models)):
        yield "no model is measured (held_out:, evaluation:, judging:): rows, ratings and losses are all there is"
    elif measured and (without := [model.name for model in models if model not in measured]):
        yield f"without held-out tasks (held_out:), and so without accuracies: {', '.join(without)}"
    yield from _asked_differently(models)


def _asked_differently(models: Collection[Model]) -> Iterator[str]:
    """Yield which models' benchmarks or verdicts are not of the same questions, asked in the same way."""
    tasks = dict.fromkeys(task for model in models for task in model.settings.evaluation.chosen)
    for task in tasks:
        asked = [(model, _asked(model, task)) for model in models if task in model.settings.evaluation.chosen]
        if other := [model.name for model, how in asked if how != asked[0][1]]:
            yield (
                f"{asked[0][0].name} and {', '.join(other)} are asked about {task} in different ways (evaluation:), "
                "so that its scores are of different questions"
            )
    judged = [model for model in models if model.settings.judging is not None]
    if other := [model.name for model in judged if _judged_by(model) != _judged_by(judged[0])]:
        yield (
            f"{judged[0].name} and {', '.join(other)} are judged in different ways (judging:), so that their win "
            "rates and scores are not of one judge, or not of the same questions"
        )


def _asked(model: Model, task: str) -> list[Any]:
    """Return what decides which questions of a benchmark a model is asked, and how."""
    evaluation = model.settings.evaluation
    return [
        *(evaluation.chosen[task], evaluation.num_fewshot.get(task), evaluation.limit, evaluation.format),
        *(evaluation.max_tokens, evaluation.revisions, evaluation.copies),
    ]


def _judged_by(model: Model) -> list[Any]:
    """Return who judges a model, and how: its own base model is another judge than that of another base."""
    judging = model.settings.judging
    return [judging.what(), (model.settings.base, model.settings.revision) if judging.judge == "base" else None]
