"""AutoIF: queries under instructions, answers to them, what functions say of these, and scores (arXiv 2406.13542)."""


rule draw_prompts:
    input:
        functions=verifying_functions,
        queries=in_model("seeds.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/prompts.jsonl",
        rejected="results/{model}/iter{iteration}/prompts_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/prompts.json",
    log:
        "results/{model}/iter{iteration}/logs/draw_prompts.log",
    wildcard_constraints:
        model=raised_by("autoif"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.draw_prompts"),
        queries=setting_flags(
            *("prompts", "autoif.queries", "per_instruction"),
            *("longer_than", "shorter_than"),
        ),
        seed=setting("prompts", "seed"),
    shell:
        "python -m scripts.autoif.draw_prompts --functions {input.functions:q} --queries {input.queries:q}"
        " {params.queries} --seed {params.seed} --output {output.kept} --rejected {output.rejected}"
        " --counts {output.counts} 2>&1 | tee {log}"


rule plan_responding:
    input:
        rows=in_model("iter{iteration}/prompts.jsonl"),
        template=setting("outputs", "autoif.answering.template"),
        model=model_as("supervisor"),
    output:
        "work/{model}/iter{iteration}/responding/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_responding.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("autoif.plan_responding"),
        answering=setting_flags(
            *("outputs", "autoif.answering", "samples"),
            *("temperature", "top_p", "max_tokens"),
        ),
        format=setting_flags("outputs", "autoif", "format"),
        seed=setting("outputs", "seed"),
    shell:
        "python -m scripts.autoif.plan_responding --input {input.rows:q} --template {input.template:q}"
        " --model {input.model:q} {params.format} {params.answering} --seed {params.seed}"
        " --output {output} 2>&1 | tee {log}"


rule collect_responding:
    input:
        rows=in_model("iter{iteration}/prompts.jsonl"),
        completions=completions("responding"),
    output:
        rows="results/{model}/iter{iteration}/outputs.jsonl",
        counts="results/{model}/iter{iteration}/counts/outputs.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_responding.log",
    wildcard_constraints:
        model=raised_by("autoif"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.collect_responding"),
        answering=setting_flags("outputs", "autoif.answering", "samples"),
    shell:
        "python -m scripts.autoif.collect_responding --input {input.rows:q} --completions {input.completions:q}"
        " {params.answering} --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule verify_responses:
    input:
        rows=in_model("iter{iteration}/outputs.jsonl"),
        functions=verifying_functions,
    output:
        kept="results/{model}/iter{iteration}/rule_filtered.jsonl",
        rejected="results/{model}/iter{iteration}/rule_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/rule_filtered.json",
    log:
        "results/{model}/iter{iteration}/logs/verify_responses.log",
    wildcard_constraints:
        model=raised_by("autoif"),
    conda:
        "../envs/data.yaml"
    threads: SANDBOX_CORES
    resources:
        **asks(sandbox_job),
    params:
        *code("autoif.verify_responses"),
        verification=setting_flags(
            "rule_filtered", "autoif.verification", *("threshold", "undecided")
        ),
    shell:
        "python -m scripts.autoif.verify_responses --input {input.rows:q} --functions {input.functions:q}"
        " {params.verification} --workers {threads} --output {output.kept} --rejected {output.rejected}"
        " --counts {output.counts} 2>&1 | tee {log}"


rule plan_scoring:
    input:
        rows=in_model("iter{iteration}/rule_filtered.jsonl"),
        template=setting("evaluated", "autoif.scoring.template"),
        model=model_as("supervisor"),
    output:
        "work/{model}/iter{iteration}/scoring/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_scoring.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("autoif.plan_scoring"),
        scoring=setting_flags(
            *("evaluated", "autoif.scoring", "score"),
            *("temperature", "top_p", "max_tokens"),
        ),
        format=setting_flags("evaluated", "autoif", "format"),
        seed=setting("evaluated", "seed"),
    shell:
        "python -m scripts.autoif.plan_scoring --input {input.rows:q} --template {input.template:q}"
        " --model {input.model:q} {params.format} {params.scoring} --seed {params.seed}"
        " --output {output} 2>&1 | tee {log}"


rule collect_scoring:
    input:
        rows=in_model("iter{iteration}/rule_filtered.jsonl"),
        completions=completions("scoring"),
    output:
        rows="results/{model}/iter{iteration}/evaluated.jsonl",
        counts="results/{model}/iter{iteration}/counts/evaluated.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_scoring.log",
    wildcard_constraints:
        model=raised_by("autoif"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.collect_scoring"),
        scoring=setting_flags("evaluated", "autoif.scoring", "score", "minimum_mass"),
    shell:
        "python -m scripts.autoif.collect_scoring --input {input.rows:q} --completions {input.completions:q}"
        " {params.scoring} --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule select_by_score:
    input:
        rows=in_model("iter{iteration}/evaluated.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/score_filtered.jsonl",
        rejected="results/{model}/iter{iteration}/score_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/score_filtered.json",
    log:
        "results/{model}/iter{iteration}/logs/select_by_score.log",
    wildcard_constraints:
        model=raised_by("autoif"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.select_by_score"),
        selection=setting_flags(
            "score_filtered", "autoif.selection", "threshold", "bar"
        ),
    shell:
        "python -m scripts.autoif.select_by_score --input {input.rows:q} {params.selection}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"
