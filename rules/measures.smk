"""What a model sees in seeds and in rows, for I-SHEEP's other ways to choose examples and to select: both cost a run."""


rule plan_seed_perplexity:
    input:
        rows=in_model("seeds.jsonl"),
    output:
        "work/{model}/iter0/seed_perplexity/requests.jsonl",
    log:
        "results/{model}/iter0/logs/plan_seed_perplexity.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("plan_perplexity"),
    shell:
        "python -m scripts.plan_perplexity --input {input.rows:q} --texts task"
        " --output {output} 2>&1 | tee {log}"


rule collect_seed_perplexity:
    input:
        rows=in_model("seeds.jsonl"),
        completions=completions("seed_perplexity"),
    output:
        "results/{model}/seed_perplexity.jsonl",
    log:
        "results/{model}/iter0/logs/collect_seed_perplexity.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("collect_perplexity"),
        texts="task",
    shell:
        "python -m scripts.collect_perplexity --input {input.rows:q} --texts {params.texts}"
        " --completions {input.completions:q} --output {output} 2>&1 | tee {log}"


use rule plan_seed_perplexity as plan_kept_perplexity with:
    input:
        rows="work/{model}/iter{iteration}/synthesis_{round}/kept.jsonl",
    output:
        "work/{model}/iter{iteration}/kept_perplexity_{round}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_kept_perplexity_{round}.log",


use rule collect_seed_perplexity as collect_kept_perplexity with:
    input:
        rows="work/{model}/iter{iteration}/synthesis_{round}/kept.jsonl",
        completions=completions("kept_perplexity_{round}"),
    output:
        "work/{model}/iter{iteration}/synthesis_{round}/kept_perplexity.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_kept_perplexity_{round}.log",


rule cluster_seeds:
    input:
        rows=lambda wildcards: path(
            wildcards, f"{isheep.seeds_to_cluster(settings(wildcards))}.jsonl"
        ),
        model=in_model("iter0/merged/manifest.json"),
    output:
        "results/{model}/seed_clusters.jsonl",
    log:
        "results/{model}/iter0/logs/cluster_seeds.log",
    conda:
        "../envs/generate.yaml"
    threads: lambda wildcards: settings(wildcards).engine.cpu_threads
    resources:
        **asks(clusters_job),
    params:
        *code("cluster_rows"),
        texts="task",
        engine=setting_flags(
            "seed_clusters", "engine", "dtype", "batch_tokens", "cpu_threads"
        ),
        clusters=setting_flags("seed_clusters", "isheep.synthesis", "clusters"),
        seed=setting("seed_clusters", "seed"),
    shell:
        "python -m scripts.cluster_rows --input {input.rows:q} --model {input.model:q} --texts {params.texts}"
        " {params.engine} {params.clusters} --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule plan_row_perplexity:
    input:
        rows=in_model("iter{iteration}/rule_filtered.jsonl"),
    output:
        "work/{model}/iter{iteration}/row_perplexity/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_row_perplexity.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("plan_perplexity"),
    shell:
        "python -m scripts.plan_perplexity --input {input.rows:q} --texts output pair"
        " --output {output} 2>&1 | tee {log}"


use rule collect_seed_perplexity as collect_row_perplexity with:
    input:
        rows=in_model("iter{iteration}/rule_filtered.jsonl"),
        completions=completions("row_perplexity"),
    output:
        "results/{model}/iter{iteration}/row_perplexity.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_row_perplexity.log",
    params:
        *code("collect_perplexity"),
        texts="output pair",


use rule cluster_seeds as cluster_rows with:
    input:
        rows=lambda wildcards: path(
            wildcards,
            f"iter{wildcards.iteration}/{isheep.rows_to_cluster(settings(wildcards))}.jsonl",
        ),
        model=model_as("measurer"),
    output:
        "results/{model}/iter{iteration}/row_clusters.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/cluster_rows.log",
    params:
        *code("cluster_rows"),
        texts="pair",
        engine=setting_flags(
            "row_clusters", "engine", "dtype", "batch_tokens", "cpu_threads"
        ),
        clusters=setting_flags("row_clusters", "isheep.selection", "clusters"),
        seed=setting("row_clusters", "seed"),
