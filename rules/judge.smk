"""Judged quality of every model: win rates against reference answers, and scores over two turns."""


rule judged:
    input:
        some_judged_results,


localrules:
    judged,


rule collect_pairwise_questions:
    input:
        questions=judging("judged_pairwise", "pairwise.questions"),
    output:
        "work/{model}/iter{iteration}/pairwise_answers/questions.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_pairwise_questions.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("judging.collect_questions"),
    shell:
        "python -m scripts.judging.collect_questions --input {input.questions:q} --output {output} 2>&1 | tee {log}"


use rule plan_answering as plan_pairwise_answers with:
    input:
        rows="work/{model}/iter{iteration}/pairwise_answers/questions.jsonl",
        model=in_model("iter{iteration}/merged/manifest.json"),
    output:
        "work/{model}/iter{iteration}/pairwise_answers/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_pairwise_answers.log",
    params:
        *code("plan_answering"),
        format="chat",
        decoding=setting_flags(
            *("judged_pairwise", "judging.answers"),
            *("temperature", "top_p", "max_tokens"),
        ),
        seed=setting("judged_pairwise", "seed"),


rule collect_pairwise_answers:
    input:
        rows="work/{model}/iter{iteration}/pairwise_answers/questions.jsonl",
        completions=completions("pairwise_answers"),
    output:
        "work/{model}/iter{iteration}/pairwise_answers/answered.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_pairwise_answers.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("collect_answering"),
    shell:
        "python -m scripts.collect_answering --input {input.rows:q} --completions {input.completions:q}"
        " --output {output} 2>&1 | tee {log}"


rule plan_pairwise_verdicts:
    input:
        rows="work/{model}/iter{iteration}/pairwise_answers/answered.jsonl",
        template=judging("judged_pairwise", "pairwise.chosen_template"),
        judge=model_as("judge"),
    output:
        "work/{model}/iter{iteration}/pairwise_verdicts/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_pairwise_verdicts.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("judging.plan_pairwise"),
        method=setting_flags("judged_pairwise", "judging.pairwise", "method"),
        format=setting_flags("judged_pairwise", "judging", "format"),
    shell:
        "python -m scripts.judging.plan_pairwise --input {input.rows:q} --template {input.template:q}"
        " --judge {input.judge:q} {params.method} {params.format} --output {output} 2>&1 | tee {log}"


rule collect_pairwise:
    input:
        rows="work/{model}/iter{iteration}/pairwise_answers/answered.jsonl",
        completions=completions("pairwise_verdicts"),
    output:
        results="results/{model}/iter{iteration}/judged/pairwise.json",
        rows="results/{model}/iter{iteration}/judged/pairwise.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_pairwise.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("judging.collect_pairwise"),
        reading=setting_flags(
            "judged_pairwise", "judging.pairwise", "method", "minimum_mass"
        ),
    shell:
        "python -m scripts.judging.collect_pairwise --input {input.rows:q} --completions {input.completions:q}"
        " {params.reading} --output {output.rows} --results {output.results} 2>&1 | tee {log}"


rule plan_turn:
    input:
        questions=judging("judged_two_turns", "two_turns.questions"),
        earlier=lambda wildcards: (
            completions("turns_1")(wildcards) if wildcards.turn == "2" else []
        ),
        model=in_model("iter{iteration}/merged/manifest.json"),
    output:
        "work/{model}/iter{iteration}/turns_{turn}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_turns_{turn}.log",
    wildcard_constraints:
        turn="1|2",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("judging.plan_turn"),
        decoding=setting_flags(
            *("judged_two_turns", "judging.answers"),
            *("temperature", "top_p", "max_tokens"),
        ),
        seed=setting("judged_two_turns", "seed"),
    shell:
        "python -m scripts.judging.plan_turn --questions {input.questions:q} --turn {wildcards.turn}"
        " --earlier {input.earlier:q} --model {input.model:q} {params.decoding} --seed {params.seed}"
        " --output {output} 2>&1 | tee {log}"


rule plan_turn_scores:
    input:
        questions=judging("judged_two_turns", "two_turns.questions"),
        answers=answers_of_turns,
        template=judging("judged_two_turns", "two_turns.template"),
        reference_template=judging("judged_two_turns", "two_turns.reference_template"),
        judge=model_as("judge"),
    output:
        "work/{model}/iter{iteration}/turn_scores/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_turn_scores.log",
    localrule: True
    conda:
        "../envs/generate.yaml"
    params:
        *code("judging.plan_two_turns"),
        format=setting_flags("judged_two_turns", "judging", "format"),
    shell:
        "python -m scripts.judging.plan_two_turns --questions {input.questions:q} --answers {input.answers:q}"
        " --template {input.template:q} --reference-template {input.reference_template:q}"
        " --judge {input.judge:q} {params.format} --output {output} 2>&1 | tee {log}"


rule collect_two_turns:
    input:
        questions=judging("judged_two_turns", "two_turns.questions"),
        answers=answers_of_turns,
        completions=completions("turn_scores"),
    output:
        results="results/{model}/iter{iteration}/judged/two_turns.json",
        rows="results/{model}/iter{iteration}/judged/two_turns.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_two_turns.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("judging.collect_two_turns"),
        reading=setting_flags("judged_two_turns", "judging.two_turns", "minimum_mass"),
    shell:
        "python -m scripts.judging.collect_two_turns --questions {input.questions:q} --answers {input.answers:q}"
        " --completions {input.completions:q} {params.reading}"
        " --output {output.rows} --results {output.results} 2>&1 | tee {log}"
