"""What came of it: held-out accuracy of every model, and the table of a run."""


rule held_out_requests:
    input:
        code=code("plan_answers"),
        rows=held_out_tasks,
        model=lambda wildcards: model_of(wildcards.model, wildcards.iteration),
    output:
        "work/{model}/iter{iteration}/held_out_{format}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/held_out_{format}_requests.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        max_tokens=lambda wildcards: settings(wildcards).held_out.max_tokens,
    shell:
        "python -m scripts.plan_answering --input {input.rows} --model {input.model}"
        " --format {wildcards.format} --temperature 0 --max-tokens {params.max_tokens}"
        " --output {output} 2>&1 | tee {log}"


rule held_out:
    input:
        code=lambda wildcards: code_of_module(settings(wildcards).held_out.grader),
        rows=held_out_tasks,
        completions=completions("held_out_{format}"),
    output:
        "results/{model}/iter{iteration}/held_out_{format}.json",
    log:
        "results/{model}/iter{iteration}/logs/held_out_{format}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        grader=lambda wildcards: settings(wildcards).held_out.grader,
    shell:
        "python -m {params.grader} --tasks {input.rows} --completions {input.completions}"
        " --output {output} 2>&1 | tee {log}"


rule row_grades:
    input:
        code=lambda wildcards: code_of_module(settings(wildcards).held_out.grader),
        rows="results/{model}/iter{iteration}/{stage}.jsonl",
    output:
        "results/{model}/iter{iteration}/grades/{stage}.json",
    log:
        "results/{model}/iter{iteration}/logs/grades_{stage}.log",
    wildcard_constraints:
        stage="rule_filtered|score_filtered",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        grader=lambda wildcards: settings(wildcards).held_out.grader,
    shell:
        "python -m {params.grader} --rows {input.rows} --output {output} 2>&1 | tee {log}"


rule summary:
    input:
        code=code("summary"),
        counts=stage_counts,
        row_grades=row_grades,
        held_out=held_out_results,
        merged=lambda wildcards: model_of(
            wildcards.model, settings(wildcards).iterations
        ),
    output:
        table="results/{model}/summary.txt",
        values="results/{model}/summary.json",
        picture="results/{model}/summary.png",
    log:
        "results/{model}/logs/summary.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    shell:
        "python -m scripts.report.summary --counts {input.counts} --row-grades {input.row_grades}"
        " --held-out {input.held_out}"
        " --merged {input.merged} --output {output.values} --table {output.table}"
        " --picture {output.picture} 2>&1 | tee {log}"


rule comparison:
    input:
        code=code("compare"),
        summaries=[f"results/{model}/summary.json" for model in MODELS],
    output:
        table="results/comparison.md",
        values="results/comparison.json",
        picture="results/comparison.png",
    log:
        "results/logs/comparison.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    shell:
        "python -m scripts.report.compare --summaries {input.summaries} --output {output.values}"
        " --table {output.table} --picture {output.picture} 2>&1 | tee {log}"
