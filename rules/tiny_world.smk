"""The tiny world: its held-out tasks, and on request the base model that config/models/tiny holds ready made."""


rule tiny_world_held_out:
    output:
        "results/tiny_world/held_out.jsonl",
    log:
        "results/tiny_world/logs/held_out.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("tiny_world.held_out"),
    shell:
        "python -m scripts.tiny_world.held_out --output {output} 2>&1 | tee {log}"


rule tiny_world_held_out_self_align:
    output:
        "results/tiny_world/held_out_self_align.jsonl",
    log:
        "results/tiny_world/logs/held_out_self_align.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("tiny_world.unanswerable.held_out"),
    shell:
        "python -m scripts.tiny_world.unanswerable.held_out --output {output} 2>&1 | tee {log}"


rule tiny_world_held_out_autoif:
    output:
        "results/tiny_world/held_out_autoif.jsonl",
    log:
        "results/tiny_world/logs/held_out_autoif.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("tiny_world.constraints.held_out"),
    shell:
        "python -m scripts.tiny_world.constraints.held_out --output {output} 2>&1 | tee {log}"


TINY_PROMPTS = [
    "config/prompts/tiny/synthesis.txt",
    "config/prompts/tiny/assessment/quality.txt",
    "config/prompts/tiny/assessment/following.txt",
]

TINY_AUTOIF_PROMPTS = [
    f"config/prompts/tiny/autoif/{name}.txt"
    for name in (
        "instructions",
        "verifiers",
        "back_translation",
        "consistency",
        "answering",
        "scoring",
    )
]
# What pages of a mix also show word for word.
TINY_MORE_PROMPTS = {
    "principled": [
        f"config/prompts/tiny/self_align/{name}.txt"
        for name in ("principles", "replying", "verbose", "topics", "questions")
    ],
    "constrained": TINY_AUTOIF_PROMPTS,
    "verifying": TINY_AUTOIF_PROMPTS,
}

# The pretraining has two parts: nearly all of it on broad pages, and a short end on cleaner ones. The base models of
# other recipes go on from there, from the committed weights: SELF-ALIGN's on pages with rules and with tasks that have no
# answer, AutoIF's, in two parts, on pages with constraints of form and functions that check them.
TINY_CORPORA = {
    "broad": "--documents 146000 --seed 1",
    "closing": "--documents 20000 --seed 2",
    "principled": "--documents 16000 --seed 3",
    "constrained": "--documents 38000 --seed 4",
    "verifying": "--documents 22000 --seed 5",
}
TINY_STARTS = {
    "closing": "results/tiny_world/broad/model/manifest.json",
    "principled": "config/models/tiny/manifest.json",
    "constrained": "config/models/tiny/manifest.json",
    "verifying": "results/tiny_world/constrained/model/manifest.json",
}


# Tokens of a step, where they are not what the command has: smaller steps are more steps for the same time, and what
# AutoIF's model has to learn is new to it.
TINY_STEPS = {"constrained": 2048, "verifying": 2048}


rule tiny_world_corpus:
    input:
        prompts=lambda wildcards: (
            TINY_PROMPTS + TINY_MORE_PROMPTS.get(wildcards.mix, [])
        ),
    output:
        "results/tiny_world/{mix}/corpus.jsonl",
    log:
        "results/tiny_world/logs/{mix}_corpus.log",
    wildcard_constraints:
        mix="|".join(TINY_CORPORA),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("tiny_world.corpus"),
        size=lambda wildcards: TINY_CORPORA[wildcards.mix],
    shell:
        "python -m scripts.tiny_world.corpus --mix {wildcards.mix} {params.size} --output {output} 2>&1 | tee {log}"


rule tiny_world_pretrain:
    input:
        corpus="results/tiny_world/{mix}/corpus.jsonl",
        start=lambda wildcards: TINY_STARTS.get(wildcards.mix, []),
    output:
        "results/tiny_world/{mix}/model/manifest.json",
    log:
        "results/tiny_world/logs/{mix}_pretrain.log",
    wildcard_constraints:
        mix="|".join(TINY_CORPORA),
    conda:
        "../envs/train.yaml"
    threads: 2
    resources:
        **asks(tiny_job),
    params:
        *code("tiny_world.pretrain"),
        options=lambda wildcards, input: flags(
            start_from=input.start or None, batch_tokens=TINY_STEPS.get(wildcards.mix)
        ),
        checkpoint="work/tiny_world/{mix}_checkpoint.pt",
    shell:
        "python -m scripts.tiny_world.pretrain --corpus {input.corpus:q} {params.options} --checkpoint {params.checkpoint}"
        " --cpu-threads {threads} --output {output} 2>&1 | tee {log}"


rule tiny_world_measure:
    input:
        model="config/models/tiny/manifest.json",
        seeds="config/seeds/tiny.jsonl",
        prompts=TINY_PROMPTS,
    output:
        values="results/tiny_world/measured.json",
        table="results/tiny_world/measured.txt",
    log:
        "results/tiny_world/logs/measure.log",
    conda:
        "../envs/generate.yaml"
    threads: 2
    resources:
        **asks(tiny_job),
    params:
        *code("tiny_world.measure"),
    shell:
        "python -m scripts.tiny_world.measure --model $(dirname {input.model:q}) --seeds {input.seeds:q}"
        " --cpu-threads {threads} --output {output.values} --table {output.table} 2>&1 | tee {log}"
