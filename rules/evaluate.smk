"""What models can do: held-out tasks that a program grades, and how many of a stage's rows are right."""


rule plan_held_out:
    input:
        rows=held_out("held_out_{format}", "tasks"),
        model=in_model("iter{iteration}/merged/manifest.json"),
    output:
        "work/{model}/iter{iteration}/held_out_{format}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_held_out_{format}.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("plan_answering"),
        max_tokens=held_out("held_out_{format}", "max_tokens"),
    shell:
        "python -m scripts.plan_answering --input {input.rows:q} --model {input.model:q}"
        " --format {wildcards.format} --temperature 0 --max-tokens {params.max_tokens}"
        " --output {output} 2>&1 | tee {log}"


rule grade_held_out:
    input:
        rows=held_out("held_out_{format}", "tasks"),
        completions=completions("held_out_{format}"),
    output:
        "results/{model}/iter{iteration}/held_out_{format}.json",
    log:
        "results/{model}/iter{iteration}/logs/grade_held_out_{format}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        code=lambda wildcards: versions(
            held_out("held_out_{format}", "grader")(wildcards)
        ),
        grader=held_out("held_out_{format}", "grader"),
    shell:
        "python -m {params.grader:q} --tasks {input.rows:q} --completions {input.completions:q}"
        " --output {output} 2>&1 | tee {log}"


rule grade_rows:
    input:
        rows=in_model("iter{iteration}/{stage}.jsonl"),
    output:
        "results/{model}/iter{iteration}/grades/{stage}.json",
    log:
        "results/{model}/iter{iteration}/logs/grade_rows_{stage}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        code=lambda wildcards: versions(held_out("grades_{stage}", "grader")(wildcards)),
        grader=held_out("grades_{stage}", "grader"),
    shell:
        "python -m {params.grader:q} --rows {input.rows:q} --output {output} 2>&1 | tee {log}"
