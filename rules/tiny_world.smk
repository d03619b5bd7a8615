"""The tiny world: its held-out tasks, and on request the base model that config/models/tiny holds ready made."""


rule tiny_world_held_out:
    input:
        code=code("tiny_world.held_out"),
    output:
        "results/tiny_world/held_out.jsonl",
    log:
        "results/tiny_world/logs/held_out.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    shell:
        "python -m scripts.tiny_world.held_out --output {output} 2>&1 | tee {log}"


rule tiny_world_corpus:
    input:
        code=code("tiny_world.corpus"),
        prompts=[
            "config/prompts/tiny/synthesis.txt",
            "config/prompts/tiny/assessment/quality.txt",
            "config/prompts/tiny/assessment/following.txt",
        ],
    output:
        "results/tiny_world/corpus.jsonl",
    log:
        "results/tiny_world/logs/corpus.log",
    conda:
        "../envs/data.yaml"
    shell:
        "python -m scripts.tiny_world.corpus --output {output} 2>&1 | tee {log}"


rule tiny_world_pretrain:
    input:
        code=code("tiny_world.pretrain"),
        corpus="results/tiny_world/corpus.jsonl",
    output:
        "results/tiny_world/model/manifest.json",
    log:
        "results/tiny_world/logs/pretrain.log",
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        checkpoint="work/tiny_world/checkpoint.pt",
    shell:
        "python -m scripts.tiny_world.pretrain --corpus {input.corpus} --checkpoint {params.checkpoint}"
        " --cpu-threads {threads} --output {output} 2>&1 | tee {log}"
