"""From kept rows to the next model: a LoRA adapter, merged into the weights it was trained on, or all weights."""

# Iterations of each kind make files of the same names; the rest train adapters on answers.
PREFERRING = SHARING.trained_by("dpo", "adapter")
ALL_WEIGHTS = SHARING.trained_by("sft", "merged")
PREFERRING_ALL_WEIGHTS = SHARING.trained_by("dpo", "merged")
HYPERPARAMETERS = (
    *("max_samples", "subset", "validation_share"),
    *("cutoff", "over_cutoff", "end_of_turn", "quantization", "weights"),
    *("lora_targets", "lora_rank", "lora_alpha", "lora_dropout"),
    *("learning_rate", "scheduler", "warmup_steps", "warmup_ratio"),
    *("weight_decay", "adam_beta1", "adam_beta2", "epochs", "rows_per_update"),
    *("batch_size", "order", "save_steps", "dtype", "cpu_threads"),
)


rule train_adapter:
    input:
        rows=whole_or_again(
            "results/{model}/iter{iteration}/adapter/manifest.json",
            training_rows("sft"),
        ),
        model=start_model,
        held_out=held_out_tasks("adapter"),
        deepspeed=on_enough_machines(deepspeed_file),
    output:
        manifest="results/{model}/iter{iteration}/adapter/manifest.json",
        training_log="results/{model}/iter{iteration}/adapter/training_log.jsonl",
        rejected="results/{model}/iter{iteration}/training_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/training.json",
    log:
        "results/{model}/iter{iteration}/logs/train_adapter.log",
    wildcard_constraints:
        model=f"(?!{PREFERRING}|{ALL_WEIGHTS}|{PREFERRING_ALL_WEIGHTS}){SHARING.own_pattern()}",
    conda:
        "../envs/train.yaml"
    threads: training_cores
    resources:
        **asks(training_job),
    params:
        *code("train_adapter"),
        launcher=training_launcher,
        hyperparameters=setting_flags("adapter", "training", *HYPERPARAMETERS),
        deepspeed=lambda wildcards, input: flags(deepspeed=input.deepspeed or None),
        seed=setting("adapter", "seed"),
        checkpoints="work/{model}/iter{iteration}/checkpoints",
    shell:
        "{params.launcher} scripts.train_adapter --data {input.rows:q} --model {input.model:q}"
        " --held-out {input.held_out:q} {params.hyperparameters} {params.deepspeed} --seed {params.seed} --checkpoints {params.checkpoints}"
        " --rejected {output.rejected} --counts {output.counts} --output {output.manifest} 2>&1 | tee {log}"


use rule train_adapter as train_weights with:
    input:
        rows=whole_or_again(
            "results/{model}/iter{iteration}/merged/manifest.json",
            training_rows("sft"),
        ),
        model=with_room(start_model),
        held_out=held_out_tasks("adapter"),
        deepspeed=on_enough_machines(deepspeed_file),
    output:
        manifest="results/{model}/iter{iteration}/merged/manifest.json",
        training_log="results/{model}/iter{iteration}/merged/training_log.jsonl",
        rejected="results/{model}/iter{iteration}/training_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/training.json",
    log:
        "results/{model}/iter{iteration}/logs/train_weights.log",
    wildcard_constraints:
        model=f"(?={ALL_WEIGHTS}){SHARING.own_pattern()}",


rule train_preferences:
    input:
        rows=whole_or_again(
            "results/{model}/iter{iteration}/adapter/manifest.json",
            training_rows("dpo"),
        ),
        model=start_model,
        held_out=held_out_tasks("preference_adapter"),
        deepspeed=on_enough_machines(deepspeed_file),
    output:
        manifest="results/{model}/iter{iteration}/adapter/manifest.json",
        training_log="results/{model}/iter{iteration}/adapter/training_log.jsonl",
        rejected="results/{model}/iter{iteration}/training_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/training.json",
    log:
        "results/{model}/iter{iteration}/logs/train_preferences.log",
    wildcard_constraints:
        model=f"(?={PREFERRING}){SHARING.own_pattern()}",
    conda:
        "../envs/train.yaml"
    threads: training_cores
    resources:
        **asks(training_job),
    params:
        *code("train_preferences"),
        launcher=training_launcher,
        hyperparameters=setting_flags(
            "preference_adapter", "autoif.dpo", "beta", *HYPERPARAMETERS
        ),
        deepspeed=lambda wildcards, input: flags(deepspeed=input.deepspeed or None),
        seed=setting("preference_adapter", "seed"),
        checkpoints="work/{model}/iter{iteration}/checkpoints",
    shell:
        "{params.launcher} scripts.train_preferences --data {input.rows:q} --model {input.model:q}"
        " --held-out {input.held_out:q} {params.hyperparameters} {params.deepspeed} --seed {params.seed} --checkpoints {params.checkpoints}"
        " --rejected {output.rejected} --counts {output.counts} --output {output.manifest} 2>&1 | tee {log}"


use rule train_preferences as train_preferring_weights with:
    input:
        rows=whole_or_again(
            "results/{model}/iter{iteration}/merged/manifest.json",
            training_rows("dpo"),
        ),
        model=with_room(start_model),
        held_out=held_out_tasks("preference_adapter"),
        deepspeed=on_enough_machines(deepspeed_file),
    output:
        manifest="results/{model}/iter{iteration}/merged/manifest.json",
        training_log="results/{model}/iter{iteration}/merged/training_log.jsonl",
        rejected="results/{model}/iter{iteration}/training_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/training.json",
    log:
        "results/{model}/iter{iteration}/logs/train_preferring_weights.log",
    wildcard_constraints:
        model=f"(?={PREFERRING_ALL_WEIGHTS}){SHARING.own_pattern()}",


rule merge_adapter:
    input:
        adapter=whole_or_again(
            "results/{model}/iter{iteration}/merged/manifest.json",
            in_model("iter{iteration}/adapter/manifest.json"),
        ),
        base=with_room(start_model),
    output:
        "results/{model}/iter{iteration}/merged/manifest.json",
    log:
        "results/{model}/iter{iteration}/logs/merge_adapter.log",
    wildcard_constraints:
        model=f"(?!{ALL_WEIGHTS}|{PREFERRING_ALL_WEIGHTS}){SHARING.own_pattern()}",
        iteration=r"[1-9]\d*",
    conda:
        "../envs/train.yaml"
    threads: lambda wildcards: settings(wildcards).training.cpu_threads
    resources:
        **asks(merging_job),
    params:
        *code("merge_adapter"),
        cpu_threads=setting("merged", "training.cpu_threads"),
    shell:
        "python -m scripts.merge_adapter --adapter {input.adapter:q} --base {input.base:q}"
        " --cpu-threads {params.cpu_threads} --output {output} 2>&1 | tee {log}"
