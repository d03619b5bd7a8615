"""Figures and tables as the papers have them, from the user's own run: each as SVG, PDF and PNG, with its numbers."""

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


rule figures:
    input:
        all_figures,
    localrule: True


# Figures of what summaries tell; models are those of the whole configuration.
rule draw_metrics:
    input:
        drawn_from("metrics", lambda wildcards: summaries_of(MODELS)),
    output:
        **figure_files("metrics"),
    log:
        "results/figures/logs/metrics.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("report.figures.metrics"),
        module="metrics",
        about="",
    shell:
        "python -m scripts.report.figures.{params.module} {params.about} --summaries {input:q}"
        " --pictures {output.svg} {output.pdf} {output.png} --output {output.csv} --table {output.md} 2>&1 | tee {log}"


use rule draw_metrics as draw_arms with:
    input:
        drawn_from("arms", lambda wildcards: summaries_of(MODELS)),
    output:
        **figure_files("arms"),
    log:
        "results/figures/logs/arms.log",
    params:
        *code("report.figures.arms"),
        module="arms",
        about="",


use rule draw_metrics as draw_stages with:
    input:
        drawn_from("stages", lambda wildcards: summaries_of(MODELS)),
    output:
        **figure_files("stages"),
    log:
        "results/figures/logs/stages.log",
    params:
        *code("report.figures.stages"),
        module="stages",
        about="",


use rule draw_metrics as draw_curve with:
    input:
        drawn_from("curve_{setting}", models_on_curve),
    output:
        **figure_files("curve_{setting}"),
    log:
        "results/figures/logs/curve_{setting}.log",
    wildcard_constraints:
        setting=r"[a-z_0-9]+(\.[a-z_0-9]+)*",
    params:
        *code("report.figures.curve"),
        module="curve",
        about=about_curve,


rule draw_high_scores:
    input:
        rows=drawn_from("high_scores", rated_rows),
        generated=generated_counts,
    output:
        **figure_files("high_scores"),
    log:
        "results/figures/logs/high_scores.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("report.figures.high_scores"),
        about=about_rated,
    shell:
        "python -m scripts.report.figures.high_scores --rows {input.rows:q} --generated {input.generated:q}"
        " {params.about} --pictures {output.svg} {output.pdf} {output.png} --output {output.csv}"
        " --table {output.md} 2>&1 | tee {log}"


rule embed_rows:
    input:
        rows="results/{model}/iter{iteration}/{stage}.jsonl",
        model=embedding_model,
    output:
        "work/{model}/iter{iteration}/projection/{stage}.safetensors",
    log:
        "results/{model}/iter{iteration}/logs/embed_{stage}.log",
    conda:
        "../envs/generate.yaml"
    threads: ENGINE.cpu_threads
    resources:
        **asks(embedding_job),
    params:
        *code("report.figures.embed_rows"),
        about=about_embedding,
    shell:
        "python -m scripts.report.figures.embed_rows --input {input.rows:q} {params.about}"
        " --output {output} 2>&1 | tee {log}"


use rule embed_rows as embed_reference with:
    input:
        rows=reference_rows,
        model=embedding_model,
    output:
        "work/projection_reference.safetensors",
    log:
        "results/figures/logs/embed_reference.log",


rule draw_projection:
    input:
        reference=drawn_from(
            "projection", lambda wildcards: "work/projection_reference.safetensors"
        ),
        vectors=vectors,
    output:
        **figure_files("projection"),
    log:
        "results/figures/logs/projection.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("report.figures.projection"),
        about=about_projection,
    shell:
        "python -m scripts.report.figures.projection --reference {input.reference:q} --vectors {input.vectors:q}"
        " {params.about} --pictures {output.svg} {output.pdf} {output.png} --output {output.csv}"
        " --table {output.md} 2>&1 | tee {log}"


# Nothing makes these: with a rule of their own, there is more to say about them than that there is none.
rule no_such_figure:
    input:
        drawn_from("{figure}", lambda wildcards: []),
    output:
        "results/figures/{figure}.{form}",
    wildcard_constraints:
        figure=r"(?!(?:stages|high_scores|projection|metrics|arms|curve_[^/]*)\.)[^/]+",
        form="|".join(FIGURE_FORMS),
    localrule: True
