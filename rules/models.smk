"""Iteration 0: the base model and the seed tasks; and links to models and files under other names, for who asks for them there."""


# What a network is needed for runs where the command is typed: compute nodes often have none.
rule fetch_base:
    output:
        "work/{model}/iter0/fetched.json",
    log:
        "results/{model}/iter0/logs/fetch_base.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("fetch_base"),
        base=setting("base", "base"),
        revision=lambda wildcards: flags(revision=value(wildcards, "base", "revision")),
    shell:
        "python -m scripts.fetch_base --base {params.base:q} {params.revision}"
        " --output {output} 2>&1 | tee {log}"


# The model is loaded once, to prove that it can be: no work for a login node.
rule prepare_base:
    input:
        fetched="work/{model}/iter0/fetched.json",
        files=whole_or_again("results/{model}/iter0/merged/manifest.json", base_files),
        chat_template=lambda wildcards: value(wildcards, "base", "chat_template") or [],
    output:
        "results/{model}/iter0/merged/manifest.json",
    log:
        "results/{model}/iter0/logs/prepare_base.log",
    conda:
        "../envs/generate.yaml"
    threads: lambda wildcards: settings(wildcards).training.cpu_threads
    resources:
        **asks(merging_job),
    params:
        *code("prepare_base"),
        base=setting("base", "base"),
        options=lambda wildcards: flags(
            revision=value(wildcards, "base", "revision"),
            chat_template=value(wildcards, "base", "chat_template"),
            pad_token=value(wildcards, "base", "pad_token"),
        ),
    shell:
        "HF_HUB_OFFLINE=1 python -m scripts.prepare_base --base {params.base:q} {params.options}"
        " --output {output} 2>&1 | tee {log}"


# Data sets of the hub are fetched here, where the command is typed, and stand in the seeds from then on.
rule collect_seeds:
    input:
        files=lambda wildcards: settings(wildcards).seed_files,
    output:
        seeds="results/{model}/seeds.jsonl",
        rejected="results/{model}/seeds_rejected.jsonl",
    log:
        "results/{model}/logs/collect_seeds.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("collect_seeds"),
        seeds=lambda wildcards: flags(input=value(wildcards, "seeds", "seeds")),
    shell:
        "python -m scripts.collect_seeds {params.seeds}"
        " --output {output.seeds} --rejected {output.rejected} 2>&1 | tee {log}"


rule default_merged:
    input:
        default_made,
    output:
        directory("results/iter{iteration}/merged"),
    log:
        "results/iter{iteration}/logs/merged.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        target=lambda wildcards, input: os.path.relpath(
            Path(input[0]).parent, f"results/iter{wildcards.iteration}"
        ),
    shell:
        "ln -sfn {params.target:q} {output} 2>&1 | tee {log}"


# Each folder of a model is a target under its own path: for Snakemake, a name of what its manifest stands for,
# which is compared letter by letter.
for model, made in MODELS.items():
    for iteration in made.iterations:
        has_adapter = iteration and made.trained_folder(iteration) == "adapter"
        for folder in ("adapter", "merged") if has_adapter else ("merged",):

            for end in ("", "/"):

                rule:
                    name:
                        f"results/{model}/iter{iteration}/{folder}{end}"
                    input:
                        f"results/{model}/iter{iteration}/{folder}/manifest.json",


rule shared:
    input:
        whole_or_again(
            "results/{sharer}/{file}",
            lambda wildcards: SHARING.path(wildcards.sharer, wildcards.file),
        ),
    output:
        "results/{sharer}/{file}",
    log:
        "work/{sharer}/logs/shared/{file}.log",
    wildcard_constraints:
        sharer=SHARING.shared_pattern(),
        file=".+",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("share"),
    shell:
        "python -m scripts.share --source {input:q} --output {output} 2>&1 | tee {log}"


# Nothing makes these: with a rule of their own, there is more to say about them than that there is none.
rule not_configured:
    input:
        refused,
    output:
        "results/{asked}",
    wildcard_constraints:
        asked=not_configured(SHARING, Path("results")),
    localrule: True
