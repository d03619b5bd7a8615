"""SELF-ALIGN's prompts: topics and questions about them, merged with instructions, or prompts that are given."""


rule plan_topics:
    input:
        seeds=setting("topics", "self_align.topics.seeds"),
        template=setting("topics", "self_align.topics.template"),
        known=earlier_rounds("topics", "topics.jsonl", first=-1),
    output:
        "work/{model}/iter{iteration}/topics_{round}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_topics_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.plan_topics"),
        topics=setting_flags(
            *("topics", "self_align.topics", "examples", "balance"),
            *("temperature", "top_p", "max_tokens"),
        ),
        seed=setting("topics", "seed"),
    shell:
        "python -m scripts.self_align.plan_topics --seeds {input.seeds:q} --template {input.template:q}"
        " --known-before {input.known:q} --round {wildcards.round} {params.topics} --seed {params.seed}"
        " --output {output} 2>&1 | tee {log}"


rule collect_topics:
    input:
        requests="work/{model}/iter{iteration}/topics_{round}/requests.jsonl",
        completions=completions("topics_{round}"),
        seeds=setting("topics", "self_align.topics.seeds"),
        known=earlier_rounds("topics", "topics.jsonl", first=-1),
        rejected=earlier_rounds("topics", "rejected.jsonl", first=-1),
    output:
        topics="work/{model}/iter{iteration}/topics_{round}/topics.jsonl",
        rejected="work/{model}/iter{iteration}/topics_{round}/rejected.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_topics_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.collect_topics"),
        topics=setting_flags("topics", "self_align.topics", "keep_last"),
    shell:
        "python -m scripts.self_align.collect_topics --requests {input.requests:q} --completions {input.completions:q}"
        " --seeds {input.seeds:q} --known-before {input.known:q} --rejected-before {input.rejected:q}"
        " --round {wildcards.round} {params.topics} --output {output.topics} --rejected {output.rejected} 2>&1 | tee {log}"


rule finish_topics:
    input:
        topics=last_round("topics", "topics.jsonl"),
        rejected=last_round("topics", "rejected.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/topics.jsonl",
        rejected="results/{model}/iter{iteration}/topics_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/topics.json",
    log:
        "results/{model}/iter{iteration}/logs/finish_topics.log",
    wildcard_constraints:
        model=raised_by("self_align"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.finish_topics"),
        topics=setting_flags("topics", "self_align.topics", "balance"),
        seed=setting("topics", "seed"),
    shell:
        "python -m scripts.self_align.finish_topics --input {input.topics:q} --input-rejected {input.rejected:q}"
        " {params.topics} --seed {params.seed}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


rule plan_questions:
    input:
        topics=in_model("iter{iteration}/topics.jsonl"),
        seeds=setting("questions", "self_align.topics.seeds"),
        template=setting("questions", "self_align.questions.template"),
    output:
        "work/{model}/iter{iteration}/questions/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_questions.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.plan_questions"),
        questions=setting_flags(
            *("questions", "self_align.questions", "examples", "wanted", "keep_last"),
            *("temperature", "top_p", "max_tokens"),
        ),
        seed=setting("questions", "seed"),
    shell:
        "python -m scripts.self_align.plan_questions --topics {input.topics:q} --seeds {input.seeds:q}"
        " --template {input.template:q} {params.questions} --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule collect_questions:
    input:
        requests="work/{model}/iter{iteration}/questions/requests.jsonl",
        completions=completions("questions"),
        topics=in_model("iter{iteration}/topics.jsonl"),
        held_out=held_out_tasks("questions"),
    output:
        kept="results/{model}/iter{iteration}/questions.jsonl",
        rejected="results/{model}/iter{iteration}/questions_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/questions.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_questions.log",
    wildcard_constraints:
        model=raised_by("self_align"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.collect_questions"),
        questions=setting_flags(
            *("questions", "self_align.questions", "examples", "wanted", "keep_last"),
        ),
    shell:
        "python -m scripts.self_align.collect_questions --requests {input.requests:q} --completions {input.completions:q}"
        " --topics {input.topics:q} --held-out {input.held_out:q} {params.questions}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


rule merge_prompts:
    input:
        instructions=written_instructions,
        questions=written_questions,
        held_out=held_out_tasks("prompts"),
    output:
        kept="results/{model}/iter{iteration}/prompts.jsonl",
        rejected="results/{model}/iter{iteration}/prompts_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/prompts.json",
    log:
        "results/{model}/iter{iteration}/logs/merge_prompts.log",
    wildcard_constraints:
        model=WRITES_PROMPTS,
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.merge_prompts"),
        prompts=setting_flags(
            *("prompts", "self_align.prompts", "deduplicate", "shard_rows"),
            *("most", "topic_guided_share"),
        ),
        seed=setting("prompts", "seed"),
    shell:
        "python -m scripts.self_align.merge_prompts --instructions {input.instructions:q} --questions {input.questions:q}"
        " --held-out {input.held_out:q} {params.prompts} --seed {params.seed}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


rule clean_prompts:
    input:
        files=setting("prompts", "self_align.prompts.files"),
        model=in_model("iter0/merged/manifest.json"),
        held_out=held_out_tasks("prompts"),
    output:
        kept="results/{model}/iter{iteration}/prompts.jsonl",
        rejected="results/{model}/iter{iteration}/prompts_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/prompts.json",
    log:
        "results/{model}/iter{iteration}/logs/clean_prompts.log",
    wildcard_constraints:
        model=GIVEN_PROMPTS,
        iteration="1",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("self_align.clean_prompts"),
        prompts=setting_flags(
            *("prompts", "self_align.prompts", "deduplicate", "shard_rows"),
            *("most", "least_tokens", "most_tokens"),
        ),
        seed=setting("prompts", "seed"),
    shell:
        "python -m scripts.self_align.clean_prompts --input {input.files:q} --model {input.model:q}"
        " --held-out {input.held_out:q} {params.prompts} --seed {params.seed}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"
