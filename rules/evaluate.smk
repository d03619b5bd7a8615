"""What models can do: held-out tasks that a program grades, how many rows of a stage are right, and benchmarks."""


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
    wildcard_constraints:
        stage=rf"(?!(?:{STAGES_OF_FUNCTIONS})\.)[a-z_]+",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        code=lambda wildcards: versions(held_out("grades_{stage}", "grader")(wildcards)),
        grader=held_out("grades_{stage}", "grader"),
    shell:
        "python -m {params.grader:q} --rows {input.rows:q} --output {output} 2>&1 | tee {log}"


# The data of a benchmark are fetched here, where the command is typed, and stand in files from then on.
rule export_data:
    input:
        task=task_files,
    output:
        "results/{model}/iter0/evaluation_data/{task}.json",
    log:
        "results/{model}/iter0/logs/export_data_{task}.log",
    localrule: True
    conda:
        "../envs/evaluate.yaml"
    params:
        *code("evaluation.export_data"),
        task=task_of,
        options=data_options,
    shell:
        "python -m scripts.evaluation.export_data --task {params.task:q} {params.options}"
        " --output {output} 2>&1 | tee {log}"


rule plan_task:
    input:
        task=task_files,
        data=in_model("iter0/evaluation_data/{task}.json"),
        model=in_model("iter{iteration}/merged/manifest.json"),
    output:
        "work/{model}/iter{iteration}/evaluation_{task}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_task_{task}.log",
    localrule: True
    conda:
        "../envs/evaluate.yaml"
    params:
        *code("evaluation.plan_task"),
        *code("evaluation.tasks.running"),
        *code("evaluation.tasks.squadv2"),
        task=task_of,
        options=task_options,
    shell:
        "HF_HUB_OFFLINE=1 python -m scripts.evaluation.plan_task --task {params.task:q} --data {input.data:q}"
        " --model {input.model:q} {params.options} --output {output} 2>&1 | tee {log}"


rule score_task:
    input:
        task=task_files,
        data=in_model("iter0/evaluation_data/{task}.json"),
        model=in_model("iter{iteration}/merged/manifest.json"),
        requests="work/{model}/iter{iteration}/evaluation_{task}/requests.jsonl",
        completions=completions("evaluation_{task}"),
    output:
        metrics="results/{model}/iter{iteration}/evaluation/{task}.json",
        rows="results/{model}/iter{iteration}/evaluation/{task}.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/score_task_{task}.log",
    localrule: True
    conda:
        "../envs/evaluate.yaml"
    params:
        *code("evaluation.score_task"),
        *code("evaluation.tasks.running"),
        *code("evaluation.tasks.squadv2"),
        task=task_of,
        options=task_options,
    shell:
        "HF_HUB_OFFLINE=1 python -m scripts.evaluation.score_task --task {params.task:q} --data {input.data:q}"
        " --model {input.model:q} {params.options} --requests {input.requests:q}"
        " --completions {input.completions:q} --output {output.metrics} --rows {output.rows} 2>&1 | tee {log}"
