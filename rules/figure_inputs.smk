"""What figures are drawn from, and which of them a configuration can give."""

import re

from scripts.configuration import read_figures
from scripts.report.figures.available import (
    figure_names,
    generated_stage,
    generating_iterations,
    left_out,
    rated_iterations,
    why_not,
)
from scripts.report.figures.varying import curves

FIGURES = read_figures(CONFIG_FILES, workflow.config_settings.config)
CURVES = curves(MODELS.values())
FIGURE_FORMS = ("svg", "pdf", "png", "csv", "md")


def figure_files(name):
    """What a figure leaves behind, by kind: its pictures, its numbers, and its table."""
    files = {form: f"results/figures/{name}.{form}" for form in FIGURE_FORMS}
    shown = report(files["png"], category="Figures", labels={"figure": name})
    return {**files, "png": shown}


def drawn_from(name, files):
    """An input function of a figure, which ends with one line if the configuration cannot give it."""

    def found(wildcards):
        figure = name.format(**wildcards)
        if reason := why_not(figure, SHARING, FIGURES):
            stop(f"results/figures/{figure}: {reason}")
        return files(wildcards)

    return found


def summaries_of(models):
    """The summaries of models."""
    return [f"results/{model}/summary.json" for model in models]


def models_on_curve(wildcards):
    """The summaries of the models on the curves over a setting."""
    return summaries_of(point.model for point in CURVES[wildcards.setting].points)


def about_curve(wildcards):
    """What the figure of such curves has to know of the models on them."""
    curve = CURVES.get(wildcards.setting)
    if curve is None:
        return ""
    named = any(point.curve for point in curve.points)
    return flags(
        setting=wildcards.setting,
        values=[point.value for point in curve.points],
        curves=[point.curve for point in curve.points] if named else None,
        left_out=curve.left_out,
    )


RATED = [
    (model, iteration)
    for model in MODELS.values()
    for iteration in rated_iterations(model)
]
# Of an arm, the rows of one seed are shown: those of others would lie on top of them.
SHOWN = [
    (model, iteration)
    for model in {model.arm: model for model in reversed(MODELS.values())}.values()
    for iteration in generating_iterations(model)
]


def rated_rows(wildcards):
    """The rated rows of all models and iterations."""
    return [
        SHARING.path(model.name, f"iter{iteration}/evaluated.jsonl")
        for model, iteration in RATED
    ]


def generated_counts(wildcards):
    """The counts of the rows that those were chosen from."""
    return [
        SHARING.path(
            model.name, f"iter{iteration}/counts/{generated_stage(model)}.json"
        )
        for model, iteration in RATED
    ]


def about_rated(wildcards):
    """Of which arm and iteration these are, and the threshold."""
    return flags(threshold=FIGURES.threshold, **arms_and_iterations(RATED))


def arms_and_iterations(places):
    """Of which arms and iterations files are, one for each, as command line flags have it."""
    return {
        "arms": [model.arm for model, _ in places],
        "iterations": [iteration for _, iteration in places],
    }


def vectors(wildcards):
    """The vectors of what models wrote, beside the steps of whoever owns the rows."""
    files = (
        SHARING.path(model.name, f"iter{iteration}/{generated_stage(model)}.jsonl")
        for model, iteration in SHOWN
    )
    return [
        re.sub(
            r"^results/(.+)/([^/]+)\.jsonl$", r"work/\1/projection/\2.safetensors", file
        )
        for file in files
    ]


def reference_rows(wildcards):
    """The rows that those of the models are shown beside."""
    return FIGURES.reference or SHARING.path(DEFAULT_MODEL, "seeds.jsonl")


def about_projection(wildcards):
    """Of which arm and iteration vectors are, and what the reference is called."""
    named = Path(FIGURES.reference).name if FIGURES.reference else "seeds"
    return flags(named=named, **arms_and_iterations(SHOWN))


# What gives all rows of a projection their vectors: a base model of the configuration, or no model of ours.
EMBEDDING_MODEL = FIGURES.embedding_model or DEFAULT_MODEL
ENGINE = MODELS.get(EMBEDDING_MODEL, MODELS[DEFAULT_MODEL]).settings.engine


def embedding_model(wildcards):
    """The manifest of the model that gives rows their vectors, if it is one of ours."""
    if EMBEDDING_MODEL not in MODELS:
        return []
    return SHARING.path(EMBEDDING_MODEL, "iter0/merged/manifest.json")


def about_embedding(wildcards, input):
    """How rows get their vectors: from which model, computed how, and of how many rows."""
    computing = ("dtype", "batch_tokens", "cpu_threads")
    return flags(
        model=input.model or None,
        embedding_model=None if input.model else EMBEDDING_MODEL,
        **{key: getattr(ENGINE, key) for key in computing},
        rows=FIGURES.rows,
        seed=MODELS[DEFAULT_MODEL].settings.seed,
    )


def embedding_job(wildcards, input, attempt):
    """What embeds rows asks for what that model's engine needs, on one GPU."""
    return {
        **gpu_request(min(1, ENGINE.gpus)),
        "nodes": 1,
        "cpus_per_task": ENGINE.cpu_threads,
        "mem_mb": ENGINE.mem_mb * attempt,
        "runtime": ENGINE.runtime * attempt,
    }


def all_figures(wildcards):
    """Every figure that the configuration can give; why it cannot give the others is said."""
    for name, reason in left_out(SHARING, FIGURES).items():
        say_once(f"results/figures/{name}: left out: {reason}")
    return [
        f"results/figures/{name}.{form}"
        for name in figure_names(SHARING, FIGURES)
        for form in FIGURE_FORMS
    ]
