"""I-SHEEP, one iteration: new instructions, answers, rules, self-assessment, selection (arXiv 2408.08072)."""


rule plan_answering:
    input:
        rows=in_model("iter{iteration}/prompts.jsonl"),
        model=model_as("writer"),
    output:
        "work/{model}/iter{iteration}/answering/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_answering.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("plan_answering"),
        format=answering_format,
        decoding=setting_flags(
            *("outputs", "isheep.answering"),
            *("join", "temperature", "top_p", "max_tokens"),
        ),
        seed=setting("outputs", "seed"),
    shell:
        "python -m scripts.plan_answering --input {input.rows:q} --model {input.model:q} --format {params.format}"
        " {params.decoding} --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule collect_answering:
    input:
        rows=in_model("iter{iteration}/prompts.jsonl"),
        completions=completions("answering"),
    output:
        rows="results/{model}/iter{iteration}/outputs.jsonl",
        counts="results/{model}/iter{iteration}/counts/outputs.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_answering.log",
    wildcard_constraints:
        model=raised_by("isheep"),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("collect_answering"),
    shell:
        "python -m scripts.collect_answering --input {input.rows:q} --completions {input.completions:q}"
        " --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule rule_filter:
    input:
        rows=in_model("iter{iteration}/outputs.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/rule_filtered.jsonl",
        rejected="results/{model}/iter{iteration}/rule_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/rule_filtered.json",
    log:
        "results/{model}/iter{iteration}/logs/rule_filter.log",
    wildcard_constraints:
        model=raised_by("isheep"),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("isheep.rule_filter"),
        rules=lambda wildcards: flags(
            **value(wildcards, "rule_filtered", "isheep.rules_in_force")
        ),
    shell:
        "python -m scripts.isheep.rule_filter --input {input.rows:q} --output {output.kept}"
        " --rejected {output.rejected} {params.rules} --counts {output.counts} 2>&1 | tee {log}"


rule plan_assessment:
    input:
        rows=in_model("iter{iteration}/rule_filtered.jsonl"),
        templates=assessment_templates,
        earlier=assessments(lambda wildcards: int(wildcards.attempt) - 1),
    output:
        "work/{model}/iter{iteration}/assessment_{attempt}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_assessment_{attempt}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("isheep.plan_assessment"),
        assessment=setting_flags(
            *("evaluated", "isheep.assessment"),
            *("score", "join", "temperature", "top_p", "max_tokens"),
        ),
        seed=setting("evaluated", "seed"),
    shell:
        "python -m scripts.isheep.plan_assessment --input {input.rows:q} --templates {input.templates:q}"
        " --earlier {input.earlier:q} --attempt {wildcards.attempt} {params.assessment}"
        " --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule collect_assessment:
    input:
        rows=in_model("iter{iteration}/rule_filtered.jsonl"),
        templates=assessment_templates,
        completions=assessments(
            lambda wildcards: value(
                wildcards, "evaluated", "isheep.assessment.attempts"
            )
        ),
    output:
        rows="results/{model}/iter{iteration}/evaluated.jsonl",
        counts="results/{model}/iter{iteration}/counts/evaluated.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_assessment.log",
    wildcard_constraints:
        model=raised_by("isheep"),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        code=lambda wildcards: versions(assessing_module(wildcards)),
        module=assessing_module,
        ratings=own_ratings,
    shell:
        "python -m {params.module:q} --input {input.rows:q} {params.ratings}"
        " --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule score_filter:
    input:
        rows=lambda wildcards: path(
            wildcards,
            f"iter{wildcards.iteration}/{isheep.rows_to_select(settings(wildcards))}.jsonl",
        ),
    output:
        kept="results/{model}/iter{iteration}/score_filtered.jsonl",
        rejected="results/{model}/iter{iteration}/score_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/score_filtered.json",
    log:
        "results/{model}/iter{iteration}/logs/score_filter.log",
    wildcard_constraints:
        model=raised_by("isheep"),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("isheep.score_filter"),
        selection=setting_flags(
            *("score_filtered", "isheep.selection"),
            *("by", "threshold", "max_perplexity"),
        ),
        criteria=setting("score_filtered", "isheep.assessment.criteria"),
        seed=setting("score_filtered", "seed"),
    shell:
        "python -m scripts.isheep.score_filter --input {input.rows:q} --output {output.kept}"
        " --rejected {output.rejected} {params.selection} --criteria {params.criteria}"
        " --seed {params.seed} --counts {output.counts} 2>&1 | tee {log}"
