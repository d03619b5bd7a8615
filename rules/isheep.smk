"""I-SHEEP, one iteration: new instructions, answers, rules, self-assessment, selection (arXiv 2408.08072)."""


rule plan_synthesis:
    input:
        seeds=lambda wildcards: path(
            wildcards, f"{isheep.example_seeds(settings(wildcards))}.jsonl"
        ),
        template=setting("prompts", "isheep.synthesis.template"),
        earlier_requests=earlier_rounds("requests.jsonl"),
        kept=lambda wildcards: earlier_rounds(
            f"{isheep.kept_rows(settings(wildcards))}.jsonl", first=-1
        )(wildcards),
    output:
        "work/{model}/iter{iteration}/synthesis_{round}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_synthesis_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("plan_synthesis"),
        synthesis=setting_flags(
            *("prompts", "isheep.synthesis", "target", "expected_yield", "examples"),
            *(
                "origin_samples",
                "few_shot_choice",
                "stop_after",
                "temperature",
                "top_p",
                "max_tokens",
            ),
        ),
        seed=setting("prompts", "seed"),
    shell:
        "python -m scripts.plan_synthesis --seeds {input.seeds:q} --template {input.template:q}"
        " --kept-before {input.kept:q} --earlier-requests {input.earlier_requests:q}"
        " --iteration {wildcards.iteration} --round {wildcards.round}"
        " --seed {params.seed} {params.synthesis} --output {output} 2>&1 | tee {log}"


rule collect_synthesis:
    input:
        requests="work/{model}/iter{iteration}/synthesis_{round}/requests.jsonl",
        completions=completions("synthesis_{round}"),
        seeds=in_model("seeds.jsonl"),
        held_out=held_out_tasks("prompts"),
        # New is what was never written before, whether it was kept to be trained on or not.
        earlier=in_iterations("iter{iteration}/prompts.jsonl", earlier),
        kept=earlier_rounds("kept.jsonl", first=-1),
        rejected=earlier_rounds("rejected.jsonl", first=-1),
    output:
        kept="work/{model}/iter{iteration}/synthesis_{round}/kept.jsonl",
        rejected="work/{model}/iter{iteration}/synthesis_{round}/rejected.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_synthesis_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("collect_synthesis"),
        novelty=setting_flags("prompts", "isheep.novelty", "threshold", "scope"),
        synthesis=setting_flags("prompts", "isheep.synthesis", "examples", "keep_last"),
    shell:
        "python -m scripts.collect_synthesis --requests {input.requests:q} --completions {input.completions:q}"
        " --seeds {input.seeds:q} --held-out {input.held_out:q} --earlier {input.earlier:q}"
        " --kept-before {input.kept:q} --rejected-before {input.rejected:q}"
        " --iteration {wildcards.iteration} {params.novelty} {params.synthesis}"
        " --output {output.kept} --rejected {output.rejected} 2>&1 | tee {log}"


rule finish_synthesis:
    input:
        kept=last_round("kept.jsonl"),
        rejected=last_round("rejected.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/prompts.jsonl",
        rejected="results/{model}/iter{iteration}/prompts_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/prompts.json",
    log:
        "results/{model}/iter{iteration}/logs/finish_synthesis.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("finish_synthesis"),
        synthesis=setting_flags(
            "prompts", "isheep.synthesis", "target", "minimum_share"
        ),
    shell:
        "python -m scripts.finish_synthesis --input {input.kept:q} --input-rejected {input.rejected:q}"
        " {params.synthesis} --output {output.kept} --rejected {output.rejected}"
        " --counts {output.counts} 2>&1 | tee {log}"


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
