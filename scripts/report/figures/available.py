"""Which figures a configuration can give, and why it cannot give the others: said before anything is made for one."""

from importlib.util import find_spec

from scripts.lib.config.named import missing_file
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.errors import UserError
from scripts.report.comparable import check_comparable, is_measured
from scripts.report.figures.embed_rows import MISSING, PACKAGE
from scripts.report.figures.settings import Figures
from scripts.report.figures.varying import curves

FIGURES = ("stages", "high_scores", "projection", "metrics", "arms")
"""All but the curves, of which there is one for each setting that varies."""
CURVE = "curve_"
"""The beginning of the name of a curve; the dotted key of the setting that varies follows."""
RATED = "evaluated"
"""The stage and the file in which rows have scores."""


def generated_stage(model: Model) -> str | None:
    """Return the stage whose rows an iteration generates, of which some are kept; None if the recipe writes none."""
    return model.recipe.yield_of[1] if model.recipe.yield_of else None


def rated_iterations(model: Model) -> list[int]:
    """Return the iterations in which rows are rated."""
    return [iteration for iteration in model.iterations[1:] if RATED in _stages(model, iteration)]


def generating_iterations(model: Model) -> list[int]:
    """Return the iterations that generate rows."""
    return [iteration for iteration in model.iterations[1:] if generated_stage(model) in _stages(model, iteration)]


def figure_names(sharing: Sharing, settings: Figures) -> list[str]:
    """Return the names of the figures that a configuration can give."""
    names = [*FIGURES, *(f"{CURVE}{key}" for key in curves(sharing.models.values()))]
    return [name for name in names if why_not(name, sharing, settings) is None]


def left_out(sharing: Sharing, settings: Figures) -> dict[str, str]:
    """Return the names of the figures that it cannot give, curves aside, each with the reason."""
    reasons = {name: why_not(name, sharing, settings) for name in FIGURES}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def why_not(name: str, sharing: Sharing, settings: Figures) -> str | None:
    """Return why a configuration cannot give a figure, and what would help; None if it can."""
    models = list(sharing.models.values())
    if name == "stages":
        return None
    if name == "high_scores":
        rated = any(map(rated_iterations, models))
        return None if rated else "no model rates rows; it takes I-SHEEP with selection by scores above 0"
    if name == "projection":
        other = settings.embedding_model is not None and settings.embedding_model not in sharing.models
        if other and find_spec(PACKAGE) is None:
            return MISSING
        if settings.reference is not None and (missing := missing_file(settings.reference)):
            return f"figures.reference: {missing}"
        return None if any(map(generating_iterations, models)) else "no model writes rows that could be shown"
    if name in ("metrics", "arms") or name.startswith(CURVE):
        reported = None if name.startswith(CURVE) or settings.reported is None else missing_file(settings.reported)
        return f"figures.reported: {reported}" if reported else _why_not_measured(name, models)
    known = ", ".join([*FIGURES, f"{CURVE}SETTING"])
    return f"there is no figure of this name; there are {known}, each as .svg, .pdf, .png, .csv and .md"


def _why_not_measured(name: str, models: list[Model]) -> str | None:
    if not any(map(is_measured, models)):
        return "no model is measured; set held_out:, evaluation: or judging: for one"
    try:
        check_comparable(models)
    except UserError as error:
        return str(error)
    if name == "arms" and len({model.arm for model in models}) == 1:
        return f"there is one arm, {models[0].arm}, and none beside it; variants: can give more"
    if name.startswith(CURVE):
        known = curves(models)
        if (setting := name.removeprefix(CURVE)) not in known:
            those = (
                f"those in which they do: {', '.join(known)}" if known else "variants: with a grid can make such models"
            )
            return f"no models differ in the number {setting} alone; {those}"
    return None


def _stages(model: Model, iteration: int) -> list[str | None]:
    return [stage.name for stage in model.recipe.iteration(model.settings, iteration).stages]
