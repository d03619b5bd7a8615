"""Figures and tables as the papers have them, from the user's own run: each as SVG, PDF and PNG, with its numbers."""


rule figures:
    input:
        all_figures,
    localrule: True


# Figures of what summaries tell; models are those of the whole configuration.
rule draw_metrics:
    input:
        summaries=drawn_from("metrics", lambda wildcards: summaries_of(MODELS)),
        reported=FIGURES.reported or [],
    output:
        **figure_files("metrics"),
    log:
        "results/figures/logs/metrics.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        code=code("report.figures.metrics"),
        module="scripts.report.figures.metrics",
        about=flags(reported=FIGURES.reported),
    shell:
        "python -m {params.module} {params.about} --summaries {input.summaries:q}"
        " --pictures {output.svg} {output.pdf} {output.png} --output {output.csv} --table {output.md} 2>&1 | tee {log}"


use rule draw_metrics as draw_arms with:
    input:
        summaries=drawn_from("arms", lambda wildcards: summaries_of(MODELS)),
        reported=FIGURES.reported or [],
    output:
        **figure_files("arms"),
    log:
        "results/figures/logs/arms.log",
    params:
        code=code("report.figures.arms"),
        module="scripts.report.figures.arms",
        about=flags(reported=FIGURES.reported),


use rule draw_metrics as draw_stages with:
    input:
        summaries=drawn_from("stages", lambda wildcards: summaries_of(MODELS)),
    output:
        **figure_files("stages"),
    log:
        "results/figures/logs/stages.log",
    params:
        code=code("report.figures.stages"),
        module="scripts.report.figures.stages",
        about="",


use rule draw_metrics as draw_curve with:
    input:
        summaries=drawn_from("curve_{setting}", models_on_curve),
    output:
        **figure_files("curve_{setting}"),
    log:
        "results/figures/logs/curve_{setting}.log",
    wildcard_constraints:
        setting=r"[a-z_0-9]+(\.[a-z_0-9]+)*",
    params:
        code=code("report.figures.curve"),
        module="scripts.report.figures.curve",
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
