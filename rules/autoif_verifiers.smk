"""AutoIF: functions that verify instructions, and what keeps bad ones out (arXiv 2406.13542)."""


rule plan_verifiers:
    input:
        rows=in_model("iter{iteration}/instructions.jsonl"),
        template=setting("verifiers", "autoif.verifiers.template"),
        model=model_as("supervisor"),
    output:
        "work/{model}/iter{iteration}/verifiers/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_verifiers.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("autoif.plan_verifiers"),
        verifiers=setting_flags(
            *("verifiers", "autoif.verifiers", "samples"),
            *("temperature", "top_p", "max_tokens"),
        ),
        format=setting_flags("verifiers", "autoif", "format"),
        seed=setting("verifiers", "seed"),
    shell:
        "python -m scripts.autoif.plan_verifiers --input {input.rows:q} --template {input.template:q}"
        " --model {input.model:q} {params.format} {params.verifiers} --seed {params.seed}"
        " --output {output} 2>&1 | tee {log}"


rule collect_verifiers:
    input:
        rows=in_model("iter{iteration}/instructions.jsonl"),
        completions=completions("verifiers"),
    output:
        kept="results/{model}/iter{iteration}/verifiers.jsonl",
        rejected="results/{model}/iter{iteration}/verifiers_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/verifiers.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_verifiers.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.collect_verifiers"),
        verifiers=setting_flags("verifiers", "autoif.verifiers", "samples"),
    shell:
        "python -m scripts.autoif.collect_verifiers --input {input.rows:q} --completions {input.completions:q}"
        " {params.verifiers} --output {output.kept} --rejected {output.rejected} --counts {output.counts}"
        " 2>&1 | tee {log}"


rule cross_validate:
    input:
        in_model("iter{iteration}/verifiers.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/cross_validated.jsonl",
        rejected="results/{model}/iter{iteration}/cross_validated_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/cross_validated.json",
    log:
        "results/{model}/iter{iteration}/logs/cross_validate.log",
    conda:
        "../envs/data.yaml"
    threads: SANDBOX_CORES
    resources:
        **asks(sandbox_job),
    params:
        *code("autoif.cross_validate"),
        cross_validation=setting_flags(
            *("cross_validated", "autoif.cross_validation"),
            *("least_functions", "least_cases", "case_agreement"),
            *("function_accuracy", "function_bar", "comparison"),
        ),
    shell:
        "python -m scripts.autoif.cross_validate --input {input:q} {params.cross_validation} --workers {threads}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


rule plan_back_translation:
    input:
        rows=in_model("iter{iteration}/cross_validated.jsonl"),
        template=setting("back_translated", "autoif.back_translation.template"),
        model=model_as("supervisor"),
    output:
        "work/{model}/iter{iteration}/back_translation/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_back_translation.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("autoif.plan_back_translation"),
        back_translation=setting_flags(
            *("back_translated", "autoif.back_translation", "functions"),
            *("temperature", "top_p", "max_tokens"),
        ),
        format=setting_flags("back_translated", "autoif", "format"),
        seed=setting("back_translated", "seed"),
    shell:
        "python -m scripts.autoif.plan_back_translation --input {input.rows:q} --template {input.template:q}"
        " --model {input.model:q} {params.format} {params.back_translation} --seed {params.seed}"
        " --output {output} 2>&1 | tee {log}"


rule collect_back_translation:
    input:
        rows=in_model("iter{iteration}/cross_validated.jsonl"),
        completions=completions("back_translation"),
    output:
        kept="results/{model}/iter{iteration}/back_translated.jsonl",
        rejected="results/{model}/iter{iteration}/back_translated_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/back_translated.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_back_translation.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.collect_back_translation"),
        back_translation=setting_flags(
            "back_translated", "autoif.back_translation", "functions"
        ),
    shell:
        "python -m scripts.autoif.collect_back_translation --input {input.rows:q}"
        " --completions {input.completions:q} {params.back_translation}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


rule plan_consistency:
    input:
        rows=in_model("iter{iteration}/back_translated.jsonl"),
        template=setting("consistent", "autoif.consistency.template"),
        model=model_as("supervisor"),
    output:
        "work/{model}/iter{iteration}/consistency/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_consistency.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("autoif.plan_consistency"),
        format=setting_flags("consistent", "autoif", "format"),
    shell:
        "python -m scripts.autoif.plan_consistency --input {input.rows:q} --template {input.template:q}"
        " --model {input.model:q} {params.format} --output {output} 2>&1 | tee {log}"


rule collect_consistency:
    input:
        rows=in_model("iter{iteration}/back_translated.jsonl"),
        completions=consistency_labels,
    output:
        kept="results/{model}/iter{iteration}/consistent.jsonl",
        rejected="results/{model}/iter{iteration}/consistent_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/consistent.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_consistency.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("autoif.collect_consistency"),
        consistency=setting_flags("consistent", "autoif.consistency", "drop"),
    shell:
        "python -m scripts.autoif.collect_consistency --input {input.rows:q} --completions {input.completions:q}"
        " {params.consistency} --output {output.kept} --rejected {output.rejected} --counts {output.counts}"
        " 2>&1 | tee {log}"
