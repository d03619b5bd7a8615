"""AutoIF: a model of natural language inference that tells which functions contradict their instructions."""

from scripts.autoif.consistency import LABELS


rule prepare_classifier:
    input:
        fetched="work/beside/{beside}/fetched.json",
        files=whole_or_again(
            "results/beside/{beside}/merged/manifest.json", beside_files
        ),
    output:
        "results/beside/{beside}/merged/manifest.json",
    log:
        "results/beside/{beside}/logs/prepare_classifier.log",
    wildcard_constraints:
        beside=beside_pattern(lambda chosen: not isinstance(chosen, Base)),
    conda:
        "../envs/generate.yaml"
    threads: HASHING_CORES
    resources:
        **asks(proving_job),
    params:
        *code("prepare_classifier"),
        base=lambda wildcards: BESIDE[wildcards.beside].base,
        revision=lambda wildcards: flags(revision=BESIDE[wildcards.beside].revision),
        labels=LABELS,
    shell:
        "HF_HUB_OFFLINE=1 python -m scripts.prepare_classifier --base {params.base:q} {params.revision}"
        " --labels {params.labels} --output {output} 2>&1 | tee {log}"


rule classify_consistency:
    input:
        rows=in_model("iter{iteration}/back_translated.jsonl"),
        classifier=beside("autoif.consistency.classifier"),
    output:
        "work/{model}/iter{iteration}/consistency/classified.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/classify_consistency.log",
    conda:
        "../envs/generate.yaml"
    threads: lambda wildcards: engine_of(wildcards, "consistency").cpu_threads
    resources:
        **asks(classifier_job),
    params:
        *code("autoif.classify_consistency"),
        engine=lambda wildcards: setting_flags(
            "consistent",
            model_of(wildcards).engine_key("consistency"),
            *("dtype", "batch_tokens", "cpu_threads"),
        )(wildcards),
    shell:
        "python -m scripts.autoif.classify_consistency --input {input.rows:q} --classifier {input.classifier:q}"
        " {params.engine} --output {output} 2>&1 | tee {log}"
