"""The one rule that runs a model over requests; every step that generates, rates or measures goes through it."""


rule complete:
    input:
        requests="work/{model}/iter{iteration}/{step}/requests.jsonl",
        model=lambda wildcards: model_as(step_of(wildcards).role)(wildcards),
    output:
        "work/{model}/iter{iteration}/{step}/completions_{shard}_of_{shards}.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/{step}_{shard}_of_{shards}.log",
    conda:
        engine_environment
    threads: lambda wildcards: engine_of(wildcards).cpu_threads
    resources:
        **asks(shard_job),
    params:
        *code("complete"),
        engine=lambda wildcards: value(
            wildcards, step_of(wildcards).artifact, f"{engine_key(wildcards)}.name"
        ),
        options=lambda wildcards: setting_flags(
            step_of(wildcards).artifact,
            engine_key(wildcards),
            *("dtype", "batch_tokens", "cpu_threads", "gpus", "eager"),
        )(wildcards),
        journal="work/{model}/iter{iteration}/{step}/journal",
    shell:
        "python -m scripts.complete --requests {input.requests:q} --model {input.model:q}"
        " --shard {wildcards.shard}-of-{wildcards.shards} --engine {params.engine} {params.options}"
        " --journal {params.journal} --output {output} 2>&1 | tee {log}"
