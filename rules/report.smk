"""What came of it, to look at: the loss of a training, the table of a run, models side by side."""


rule draw_loss:
    input:
        training_log,
    output:
        report(
            "results/{model}/iter{iteration}/loss.png",
            category="Training",
            labels={"model": "{model}", "iteration": "{iteration}"},
        ),
    log:
        "results/{model}/iter{iteration}/logs/draw_loss.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("report.draw_loss"),
    shell:
        "python -m scripts.report.draw_loss --log {input:q} --output {output} 2>&1 | tee {log}"


rule summary:
    input:
        counts=stage_counts,
        training_logs=training_logs,
        row_grades=row_grades,
        held_out=held_out_results,
        benchmarks=lambda wildcards: benchmarks([model_of(wildcards)]),
        judged=lambda wildcards: judged_results([model_of(wildcards)]),
        losses=in_iterations("iter{iteration}/loss.png", trained_iterations),
        merged=lambda wildcards: manifest_of(wildcards, settings(wildcards).iterations),
    output:
        table=report(
            "results/{model}/summary.txt",
            category="Summary",
            labels={"model": "{model}", "what": "table"},
        ),
        values="results/{model}/summary.json",
        picture=report(
            "results/{model}/summary.png",
            category="Summary",
            labels={"model": "{model}", "what": "picture"},
        ),
    log:
        "results/{model}/logs/summary.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("report.summary"),
        about=lambda wildcards: flags(
            model=wildcards.model,
            recipe=settings(wildcards).recipe,
            arm=model_of(wildcards).arm,
            seed=settings(wildcards).seed,
        ),
    shell:
        "python -m scripts.report.summary {params.about} --counts {input.counts:q}"
        " --training-logs {input.training_logs:q} --row-grades {input.row_grades:q} --held-out {input.held_out:q}"
        " --benchmarks {input.benchmarks:q} --judged {input.judged:q}"
        " --merged {input.merged:q} --output {output.values} --table {output.table}"
        " --picture {output.picture} 2>&1 | tee {log}"


rule compare:
    input:
        summaries=compared,
    output:
        table=report("results/comparison.md", category="Comparison"),
        values="results/comparison.json",
        picture=report("results/comparison.png", category="Comparison"),
    log:
        "results/logs/compare.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("report.compare"),
    shell:
        "python -m scripts.report.compare --summaries {input.summaries:q} --output {output.values}"
        " --table {output.table} --picture {output.picture} 2>&1 | tee {log}"
