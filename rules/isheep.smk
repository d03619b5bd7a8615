"""I-SHEEP, one iteration: new instructions, answers, rules, self-assessment, selection (arXiv 2408.08072)."""


rule prompt_requests:
    input:
        code=code("plan_prompts"),
        seeds=measured_seeds,
        template=setting("synthesis", "template"),
        earlier_iterations=lambda wildcards: earlier(wildcards, "score_filtered.jsonl"),
        earlier_rounds=earlier_rounds("requests.jsonl"),
        kept=last_round("kept.jsonl"),
    output:
        "work/{model}/iter{iteration}/prompts_{round}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/prompt_requests_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        synthesis=setting_flags(
            "synthesis",
            *("target", "expected_yield", "examples", "origin_samples", "sampling"),
            *("temperature", "top_p", "max_tokens"),
        ),
        seed=lambda wildcards: settings(wildcards).seed,
    shell:
        "python -m scripts.plan_synthesis --seeds {input.seeds} --template {input.template}"
        " --kept {input.earlier_iterations} {input.kept} --earlier-requests {input.earlier_rounds}"
        " --kept-this-iteration {input.kept} --iteration {wildcards.iteration} --round {wildcards.round}"
        " --seed {params.seed} {params.synthesis} --output {output} 2>&1 | tee {log}"


rule prompt_round:
    input:
        code=code("collect_prompts"),
        requests="work/{model}/iter{iteration}/prompts_{round}/requests.jsonl",
        completions=completions("prompts_{round}"),
        model=previous_model,
        template=setting("synthesis", "template"),
        seeds="results/{model}/seeds.jsonl",
        held_out=held_out_tasks,
        earlier_iterations=lambda wildcards: earlier(wildcards, "prompts.jsonl"),
        kept=last_round("kept.jsonl"),
        rejected=last_round("rejected.jsonl"),
    output:
        kept="work/{model}/iter{iteration}/prompts_{round}/kept.jsonl",
        rejected="work/{model}/iter{iteration}/prompts_{round}/rejected.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/prompt_round_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        novelty=lambda wildcards: f"--threshold {settings(wildcards).novelty.threshold}"
        f" --scope {settings(wildcards).novelty.scope}",
        synthesis=setting_flags("synthesis", "examples", "keep_last"),
    shell:
        "python -m scripts.collect_synthesis --requests {input.requests} --completions {input.completions}"
        " --model {input.model} --template {input.template} --seeds {input.seeds} --held-out {input.held_out}"
        " --earlier {input.earlier_iterations} --kept-before {input.kept} --rejected-before {input.rejected}"
        " --iteration {wildcards.iteration} {params.novelty} {params.synthesis}"
        " --output {output.kept} --rejected {output.rejected} 2>&1 | tee {log}"


rule prompts:
    input:
        code=code("finish_prompts"),
        kept=final_round("kept.jsonl"),
        rejected=final_round("rejected.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/prompts.jsonl",
        rejected="results/{model}/iter{iteration}/prompts_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/prompts.json",
    log:
        "results/{model}/iter{iteration}/logs/prompts.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        synthesis=setting_flags("synthesis", "target", "minimum_share"),
    shell:
        "python -m scripts.finish_synthesis --input {input.kept} --input-rejected {input.rejected}"
        " {params.synthesis} --output {output.kept} --rejected {output.rejected}"
        " --counts {output.counts} 2>&1 | tee {log}"


rule answer_requests:
    input:
        code=code("plan_answers"),
        rows="results/{model}/iter{iteration}/prompts.jsonl",
        model=previous_model,
    output:
        "work/{model}/iter{iteration}/answers/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/answer_requests.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        format=answer_format,
        sampling=setting_flags("answering", "temperature", "top_p", "max_tokens"),
        seed=lambda wildcards: settings(wildcards).seed,
    shell:
        "python -m scripts.plan_answering --input {input.rows} --model {input.model} --format {params.format}"
        " {params.sampling} --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule outputs:
    input:
        code=code("collect_answers"),
        rows="results/{model}/iter{iteration}/prompts.jsonl",
        requests="work/{model}/iter{iteration}/answers/requests.jsonl",
        completions=completions("answers"),
        model=previous_model,
    output:
        rows="results/{model}/iter{iteration}/outputs.jsonl",
        counts="results/{model}/iter{iteration}/counts/outputs.json",
    log:
        "results/{model}/iter{iteration}/logs/outputs.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        format=answer_format,
    shell:
        "python -m scripts.collect_answering --input {input.rows} --requests {input.requests}"
        " --completions {input.completions} --model {input.model} --format {params.format}"
        " --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule rule_filter:
    input:
        code=code("rule_filter"),
        rows="results/{model}/iter{iteration}/outputs.jsonl",
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
        rules=needs_rules,
        without=lambda wildcards: " ".join(
            ["", *settings(wildcards).filter.without]
        ).replace(" ", " --without "),
    shell:
        "python -m scripts.isheep.rule_filter --input {input.rows} --output {output.kept}"
        " --rejected {output.rejected} --rules {params.rules}{params.without}"
        " --counts {output.counts} 2>&1 | tee {log}"


rule rating_requests:
    input:
        code=code("plan_ratings"),
        rows="results/{model}/iter{iteration}/rule_filtered.jsonl",
        templates=rating_templates,
        earlier=lambda wildcards: ratings(wildcards, int(wildcards.round) - 1),
    output:
        "work/{model}/iter{iteration}/ratings_{round}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/rating_requests_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        assessment=setting_flags(
            "assessment", "score", "temperature", "top_p", "max_tokens"
        ),
        seed=lambda wildcards: settings(wildcards).seed,
    shell:
        "python -m scripts.isheep.plan_assessment --input {input.rows} --templates {input.templates}"
        " --earlier {input.earlier} --attempt {wildcards.round} {params.assessment}"
        " --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule evaluate:
    input:
        code=code("collect_ratings"),
        rows="results/{model}/iter{iteration}/rule_filtered.jsonl",
        templates=rating_templates,
        model=assessor_model,
        completions=lambda wildcards: ratings(
            wildcards, settings(wildcards).rating_attempts
        ),
    output:
        rows="results/{model}/iter{iteration}/evaluated.jsonl",
        counts="results/{model}/iter{iteration}/counts/evaluated.json",
    log:
        "results/{model}/iter{iteration}/logs/evaluate.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        assessment=setting_flags("assessment", "score", "minimum_mass"),
        seed=lambda wildcards: settings(wildcards).seed,
    shell:
        "python -m scripts.isheep.collect_assessment --input {input.rows} --templates {input.templates}"
        " --completions {input.completions} --model {input.model} {params.assessment} --seed {params.seed}"
        " --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule judge:
    input:
        code=lambda wildcards: code_of_module(settings(wildcards).assessment.judge),
        rows="results/{model}/iter{iteration}/rule_filtered.jsonl",
    output:
        "results/{model}/iter{iteration}/judged.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/judge.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        module=setting("assessment", "judge"),
    shell:
        "python -m {params.module} --input {input.rows} --output {output} 2>&1 | tee {log}"


rule row_perplexity_requests:
    input:
        code=code("plan_perplexity"),
        rows="results/{model}/iter{iteration}/rule_filtered.jsonl",
    output:
        "work/{model}/iter{iteration}/row_perplexity/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/row_perplexity_requests.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    shell:
        "python -m scripts.plan_perplexity --input {input.rows} --texts output pair"
        " --output {output} 2>&1 | tee {log}"


use rule seed_perplexity as row_perplexity with:
    input:
        code=code("collect_perplexity"),
        rows="results/{model}/iter{iteration}/rule_filtered.jsonl",
        completions=completions("row_perplexity"),
    output:
        "work/{model}/iter{iteration}/row_perplexity/rows.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/row_perplexity.log",
    params:
        texts="output pair",


use rule seed_clusters as row_clusters with:
    input:
        code=code("cluster_rows"),
        rows=rows_to_cluster,
        model=assessor_model,
    output:
        "work/{model}/iter{iteration}/row_clusters/rows.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/row_clusters.log",
    params:
        texts="pair",
        engine=setting_flags("engine", "dtype", "batch_tokens", "cpu_threads"),
        clusters=setting("selection", "clusters"),
        seed=lambda wildcards: settings(wildcards).seed,


rule score_filter:
    input:
        code=code("score_filter"),
        rows=rows_to_select,
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
        selection=setting_flags("selection", "by", "threshold", "max_perplexity"),
        criteria=setting("assessment", "criteria"),
        seed=lambda wildcards: settings(wildcards).seed,
    shell:
        "python -m scripts.isheep.score_filter --input {input.rows} --output {output.kept}"
        " --rejected {output.rejected} {params.selection} --criteria {params.criteria}"
        " --seed {params.seed} --counts {output.counts} 2>&1 | tee {log}"
