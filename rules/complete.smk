"""The one rule that runs a model over requests; every step that generates, rates or measures goes through it."""


rule complete:
    input:
        code=code("complete"),
        requests="work/{model}/iter{iteration}/{step}/requests.jsonl",
        model=step_model,
    output:
        "work/{model}/iter{iteration}/{step}/completions_{shard}_of_{shards}.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/{step}_{shard}_of_{shards}.log",
    conda:
        engine_environment
    threads: setting("engine", "cpu_threads")
    resources:
        **asks(shard_job),
    params:
        engine=setting("engine", "name"),
        options=setting_flags(
            "engine", "dtype", "batch_tokens", "cpu_threads", "gpus", "eager"
        ),
        journal="work/{model}/iter{iteration}/{step}/journal_{shard}_of_{shards}.jsonl",
    shell:
        "python -m scripts.complete --requests {input.requests} --model {input.model}"
        " --shard {wildcards.shard}-of-{wildcards.shards} --engine {params.engine} {params.options}"
        " --journal {params.journal} --output {output} 2>&1 | tee {log}"
