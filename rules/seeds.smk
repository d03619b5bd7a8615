"""Iteration 0: the base model, and the seed tasks that everything starts from."""


rule base_model:
    input:
        code=code("prepare_base"),
        files=lambda wildcards: base_files(settings(wildcards).base),
    output:
        "results/{model}/iter0/merged/manifest.json",
    log:
        "results/{model}/iter0/logs/base_model.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        base=lambda wildcards: settings(wildcards).base,
        options=lambda wildcards: flags(
            revision=settings(wildcards).revision,
            chat_template=settings(wildcards).chat_template,
            pad_token=settings(wildcards).pad_token,
        ),
    shell:
        "python -m scripts.prepare_base --base {params.base:q} {params.options}"
        " --output {output} 2>&1 | tee {log}"


rule seeds:
    input:
        code=code("collect_seeds"),
        files=lambda wildcards: settings(wildcards).seeds,
    output:
        "results/{model}/seeds.jsonl",
    log:
        "results/{model}/logs/seeds.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        at_least=setting("synthesis", "examples"),
    shell:
        "python -m scripts.collect_seeds --input {input.files:q} --at-least {params.at_least}"
        " --output {output} 2>&1 | tee {log}"


rule seed_perplexity_requests:
    input:
        code=code("plan_perplexity"),
        rows="results/{model}/seeds.jsonl",
    output:
        "work/{model}/iter0/seed_perplexity/requests.jsonl",
    log:
        "results/{model}/iter0/logs/seed_perplexity_requests.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    shell:
        "python -m scripts.plan_perplexity --input {input.rows} --texts task"
        " --output {output} 2>&1 | tee {log}"


rule seed_perplexity:
    input:
        code=code("collect_perplexity"),
        rows="results/{model}/seeds.jsonl",
        completions=completions("seed_perplexity", iteration=0),
    output:
        "work/{model}/iter0/seed_perplexity/rows.jsonl",
    log:
        "results/{model}/iter0/logs/seed_perplexity.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        texts="task",
    shell:
        "python -m scripts.collect_perplexity --input {input.rows} --texts {params.texts}"
        " --completions {input.completions}"
        " --output {output} 2>&1 | tee {log}"


rule seed_clusters:
    input:
        code=code("cluster_rows"),
        rows=seeds_before_clusters,
        model="results/{model}/iter0/merged/manifest.json",
    output:
        "work/{model}/iter0/seed_clusters/rows.jsonl",
    log:
        "results/{model}/iter0/logs/seed_clusters.log",
    conda:
        "../envs/generate.yaml"
    threads: setting("engine", "cpu_threads")
    resources:
        **asks(clusters_job),
    params:
        texts="task",
        engine=setting_flags("engine", "dtype", "batch_tokens", "cpu_threads"),
        clusters=setting("synthesis", "clusters"),
        seed=lambda wildcards: settings(wildcards).seed,
    shell:
        "python -m scripts.cluster_rows --input {input.rows} --model {input.model} --texts {params.texts}"
        " {params.engine} --clusters {params.clusters} --seed {params.seed} --output {output} 2>&1 | tee {log}"
