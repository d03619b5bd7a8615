"""What a comparison of a configuration's models will be able to tell: said before anything is made for it."""

from collections.abc import Collection, Iterator
from itertools import combinations

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
    if not measured:
        yield "no model has held-out tasks (held_out:): rows, scores and losses are compared, and no accuracies"
    elif without := [model.name for model in models if model not in measured]:
        yield f"without held-out tasks (held_out:), and so without accuracies: {', '.join(without)}"
