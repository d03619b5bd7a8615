"""AutoIF: the newest model's own answers, pairs of answers, and how many functions are right (arXiv 2406.13542)."""


rule plan_online:
    input:
        rows=in_model("iter1/prompts.jsonl"),
        model=model_as("answerer"),
    output:
        "work/{model}/iter{iteration}/online/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_online.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("autoif.plan_online"),
        online=setting_flags(
            *("online_outputs", "autoif.online", "samples"),
            *("temperature", "top_p", "max_tokens"),
        ),
        seed=setting("online_outputs", "seed"),
    shell:
        "python -m scripts.autoif.plan_online --input {input.rows:q} --model {input.model:q} {params.online}"
        " --seed {params.seed} --output {output} 2>&1 | tee {log}"


use rule collect_responding as collect_online with:
    input:
        rows=in_model("iter1/prompts.jsonl"),
        completions=completions("online"),
    log:
        "results/{model}/iter{iteration}/logs/collect_online.log",
    wildcard_constraints:
        model=raised_by("autoif"),
        iteration=r"[3-9]|[1-9]\d+",
    params:
        *code("autoif.collect_responding"),
        answering=setting_flags("online_outputs", "autoif.online", "samples"),


rule make_pairs:
    input:
        kept=answers_to_pair("rule_filtered"),
        rejected=answers_to_pair("rule_rejected"),
        cases=cases_to_pair,
    output:
        kept="results/{model}/iter{iteration}/pairs.jsonl",
        rejected="results/{model}/iter{iteration}/pairs_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/pairs.json",
    log:
        "results/{model}/iter{iteration}/logs/make_pairs.log",
    conda:
        "../envs/data.yaml"
    threads: lambda wildcards, input: SANDBOX_CORES if input.cases else 1
    resources:
        **asks(pairs_job),
    params:
        *code("autoif.make_pairs"),
        pairs=setting_flags("pairs", "autoif.pairs", "chosen", "bar", "most"),
        cases=lambda wildcards, input: flags(cases=input.cases or None),
        seed=setting("pairs", "seed"),
    shell:
        "python -m scripts.autoif.make_pairs --kept {input.kept:q} --rejected-answers {input.rejected:q}"
        " {params.cases} {params.pairs} --seed {params.seed} --workers {threads}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


rule grade_functions:
    input:
        in_model("iter{iteration}/{stage}.jsonl"),
    output:
        "results/{model}/iter{iteration}/grades/{stage}.json",
    log:
        "results/{model}/iter{iteration}/logs/grade_functions_{stage}.log",
    wildcard_constraints:
        model=raised_by("autoif"),
        iteration="1",
        stage=STAGES_OF_FUNCTIONS,
    conda:
        "../envs/data.yaml"
    threads: SANDBOX_CORES
    resources:
        **asks(sandbox_job),
    params:
        code=lambda wildcards: versions(
            setting("grades_verifiers", "autoif.functions_grader")(wildcards)
        ),
        grader=setting("grades_verifiers", "autoif.functions_grader"),
    shell:
        "python -m {params.grader:q} --rows {input:q} --output {output} 2>&1 | tee {log}"
