"""AutoIF: instructions that a program can check, seeds and those that the supervisor writes (arXiv 2406.13542)."""


rule plan_instructions:
    input:
        seeds=setting("instructions", "autoif.instructions.seeds"),
        template=setting("instructions", "autoif.instructions.template"),
        kept=earlier_rounds("instructions", "kept.jsonl", first=-1),
        model=model_as("supervisor"),
    output:
        "work/{model}/iter{iteration}/instructions_{round}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_instructions_{round}.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("autoif.plan_instructions"),
        instructions=setting_flags(
            *("instructions", "autoif.instructions", "calls", "wanted", "examples"),
            *("temperature", "top_p", "max_tokens"),
        ),
        format=setting_flags("instructions", "autoif", "format"),
        seed=setting("instructions", "seed"),
    shell:
        "python -m scripts.autoif.plan_instructions --seeds {input.seeds:q} --template {input.template:q}"
        " --kept-before {input.kept:q} --round {wildcards.round} --model {input.model:q} {params.format}"
        " {params.instructions} --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule collect_instructions:
    input:
        requests="work/{model}/iter{iteration}/instructions_{round}/requests.jsonl",
        completions=completions("instructions_{round}"),
        seeds=setting("instructions", "autoif.instructions.seeds"),
        kept=earlier_rounds("instructions", "kept.jsonl", first=-1),
        rejected=earlier_rounds("instructions", "rejected.jsonl", first=-1),
    output:
        kept="work/{model}/iter{iteration}/instructions_{round}/kept.jsonl",
        rejected="work/{model}/iter{iteration}/instructions_{round}/rejected.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_instructions_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.collect_instructions"),
        novelty=setting_flags("instructions", "autoif.novelty", "threshold", "scope"),
    shell:
        "python -m scripts.autoif.collect_instructions --requests {input.requests:q}"
        " --completions {input.completions:q} --seeds {input.seeds:q}"
        " --kept-before {input.kept:q} --rejected-before {input.rejected:q} {params.novelty}"
        " --output {output.kept} --rejected {output.rejected} 2>&1 | tee {log}"


rule finish_autoif_instructions:
    input:
        seeds=setting("instructions", "autoif.instructions.seeds"),
        kept=last_round("instructions", "kept.jsonl"),
        rejected=last_round("instructions", "rejected.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/instructions.jsonl",
        rejected="results/{model}/iter{iteration}/instructions_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/instructions.json",
    log:
        "results/{model}/iter{iteration}/logs/finish_autoif_instructions.log",
    wildcard_constraints:
        model=raised_by("autoif"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.finish_instructions"),
        instructions=setting_flags("instructions", "autoif.instructions", "most"),
    shell:
        "python -m scripts.autoif.finish_instructions --seeds {input.seeds:q} --input {input.kept:q}"
        " --input-rejected {input.rejected:q} {params.instructions}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"
