"""SELF-ALIGN: replies under principles, and replies at length (Dromedary, arXiv 2305.03047)."""


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
