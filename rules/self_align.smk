"""SELF-ALIGN: topics and questions, replies under principles, and replies at length (Dromedary, arXiv 2305.03047)."""


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


rule plan_replying:
    input:
        rows=in_model("iter{iteration}/prompts.jsonl"),
        template=setting("outputs", "self_align.replying.template"),
        principles=setting("outputs", "self_align.replying.principles"),
        exemplars=setting("outputs", "self_align.replying.exemplars"),
    output:
        "work/{model}/iter{iteration}/replying/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_replying.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.plan_replying"),
        assistant=setting_flags(
            *("outputs", "self_align.assistant"),
            *("name", "alias", "cutoff", "introduction"),
        ),
        replying=setting_flags(
            *("outputs", "self_align.replying", "forbidden"),
            *("temperature", "top_p", "max_tokens"),
        ),
        seed=setting("outputs", "seed"),
    shell:
        "python -m scripts.self_align.plan_replying --input {input.rows:q} --template {input.template:q}"
        " --principles {input.principles:q} --exemplars {input.exemplars:q} {params.assistant} {params.replying}"
        " --seed {params.seed} --output {output} 2>&1 | tee {log}"


rule collect_replying:
    input:
        rows=in_model("iter{iteration}/prompts.jsonl"),
        completions=completions("replying"),
    output:
        rows="results/{model}/iter{iteration}/outputs.jsonl",
        counts="results/{model}/iter{iteration}/counts/outputs.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_replying.log",
    wildcard_constraints:
        model=raised_by("self_align"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.collect_replying"),
        assistant=setting_flags(
            *("outputs", "self_align.assistant", "name", "alias", "introduction"),
        ),
    shell:
        "python -m scripts.self_align.collect_replying --input {input.rows:q} --completions {input.completions:q}"
        " {params.assistant} --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule reply_filter:
    input:
        rows=in_model("iter{iteration}/outputs.jsonl"),
        template=setting("rule_filtered", "self_align.replying.template"),
        principles=setting("rule_filtered", "self_align.replying.principles"),
        exemplars=setting("rule_filtered", "self_align.replying.exemplars"),
    output:
        kept="results/{model}/iter{iteration}/rule_filtered.jsonl",
        rejected="results/{model}/iter{iteration}/rule_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/rule_filtered.json",
    log:
        "results/{model}/iter{iteration}/logs/reply_filter.log",
    wildcard_constraints:
        model=raised_by("self_align"),
        iteration="1",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.reply_filter"),
        assistant=setting_flags(
            *("rule_filtered", "self_align.assistant"),
            *("name", "alias", "cutoff", "introduction"),
        ),
        rules=setting_flags(
            *("rule_filtered", "self_align.reply_filter"),
            *("rules", "without", "shortest"),
        ),
    shell:
        "python -m scripts.self_align.reply_filter --input {input.rows:q} --template {input.template:q}"
        " --principles {input.principles:q} --exemplars {input.exemplars:q} {params.assistant} {params.rules}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


rule collect_identity:
    input:
        rows=setting("identity", "self_align.identity.rows"),
    output:
        "results/{model}/identity.jsonl",
    log:
        "results/{model}/logs/collect_identity.log",
    wildcard_constraints:
        model=raised_by("self_align"),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.collect_identity"),
        assistant=setting_flags(
            "identity", "self_align.assistant", *("name", "organisation", "cutoff")
        ),
        identity=setting_flags("identity", "self_align.identity", "repeat"),
    shell:
        "python -m scripts.self_align.collect_identity --input {input.rows:q} {params.assistant} {params.identity}"
        " --output {output} 2>&1 | tee {log}"


rule plan_verbose:
    input:
        rows=verbose_prompts,
        model=model_as("teacher"),
        template=setting("verbose_outputs", "self_align.verbose.template"),
    output:
        "work/{model}/iter{iteration}/verbose/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_verbose.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("self_align.plan_verbose"),
        assistant=setting_flags(
            "verbose_outputs", "self_align.assistant", "name", "cutoff"
        ),
        verbose=setting_flags(
            *("verbose_outputs", "self_align.verbose"),
            *("temperature", "top_p", "max_tokens"),
            *("trigram_penalty", "quadgram_penalty", "penalized"),
        ),
        seed=setting("verbose_outputs", "seed"),
    shell:
        "python -m scripts.self_align.plan_verbose --input {input.rows:q} --model {input.model:q}"
        " --template {input.template:q} {params.assistant} {params.verbose} --seed {params.seed}"
        " --output {output} 2>&1 | tee {log}"


rule collect_verbose:
    input:
        rows=verbose_prompts,
        completions=completions("verbose"),
    output:
        rows="results/{model}/iter{iteration}/outputs.jsonl",
        counts="results/{model}/iter{iteration}/counts/outputs.json",
    log:
        "results/{model}/iter{iteration}/logs/collect_verbose.log",
    wildcard_constraints:
        model=raised_by("self_align"),
        iteration="2",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.collect_verbose"),
    shell:
        "python -m scripts.self_align.collect_verbose --input {input.rows:q} --completions {input.completions:q}"
        " --output {output.rows} --counts {output.counts} 2>&1 | tee {log}"


rule verbose_filter:
    input:
        rows=in_model("iter{iteration}/outputs.jsonl"),
        template=setting("verbose_filtered", "self_align.verbose.template"),
    output:
        kept="results/{model}/iter{iteration}/rule_filtered.jsonl",
        rejected="results/{model}/iter{iteration}/rule_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/rule_filtered.json",
    log:
        "results/{model}/iter{iteration}/logs/verbose_filter.log",
    wildcard_constraints:
        model=raised_by("self_align"),
        iteration="2",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.verbose_filter"),
        assistant=setting_flags(
            *("verbose_filtered", "self_align.assistant", "name", "cutoff"),
        ),
        rules=setting_flags(
            *("verbose_filtered", "self_align.verbose_filter"),
            *("rules", "without", "shortest"),
        ),
    shell:
        "python -m scripts.self_align.verbose_filter --input {input.rows:q} --template {input.template:q}"
        " {params.assistant} {params.rules}"
        " --output {output.kept} --rejected {output.rejected} --counts {output.counts} 2>&1 | tee {log}"


# What engraving distils: the base model under the principles, on the held-out tasks, without any luck of a draw.
use rule plan_replying as plan_held_out_principles with:
    input:
        rows=held_out("held_out_principles", "tasks"),
        template=setting("held_out_principles", "self_align.replying.template"),
        principles=setting("held_out_principles", "self_align.replying.principles"),
        exemplars=setting("held_out_principles", "self_align.replying.exemplars"),
    output:
        "work/{model}/iter{iteration}/held_out_principles/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_held_out_principles.log",
    params:
        *code("self_align.plan_replying"),
        assistant=setting_flags(
            *("held_out_principles", "self_align.assistant"),
            *("name", "alias", "cutoff", "introduction"),
        ),
        replying=lambda wildcards: flags(temperature=0)
        + " "
        + setting_flags(
            *("held_out_principles", "self_align.replying", "forbidden", "max_tokens"),
        )(wildcards),
        seed=setting("held_out_principles", "seed"),


rule read_replies:
    input:
        completions=completions("held_out_principles"),
    output:
        "work/{model}/iter{iteration}/held_out_principles/replies.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/read_replies.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("self_align.read_replies"),
        assistant=setting_flags(
            *("held_out_principles", "self_align.assistant"),
            *("name", "alias", "introduction"),
        ),
    shell:
        "python -m scripts.self_align.read_replies --completions {input.completions:q} {params.assistant}"
        " --output {output} 2>&1 | tee {log}"


rule grade_held_out_principles:
    input:
        rows=held_out("held_out_principles", "tasks"),
        replies="work/{model}/iter{iteration}/held_out_principles/replies.jsonl",
    output:
        "results/{model}/iter{iteration}/held_out_principles.json",
    log:
        "results/{model}/iter{iteration}/logs/grade_held_out_principles.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        code=lambda wildcards: versions(
            held_out("held_out_principles", "grader")(wildcards)
        ),
        grader=held_out("held_out_principles", "grader"),
    shell:
        "python -m {params.grader:q} --tasks {input.rows:q} --completions {input.replies:q}"
        " --output {output} 2>&1 | tee {log}"
