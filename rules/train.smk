"""From kept rows to the next model: a LoRA adapter, merged into the weights that it was trained on."""


rule adapter:
    input:
        code=code("train_adapter"),
        rows=training_rows,
        model=start_model,
        deepspeed=on_enough_machines(deepspeed_file),
    output:
        manifest="results/{model}/iter{iteration}/adapter/manifest.json",
        rejected="results/{model}/iter{iteration}/training_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/training.json",
    log:
        "results/{model}/iter{iteration}/logs/adapter.log",
    conda:
        "../envs/train.yaml"
    threads: training_cores
    resources:
        **asks(training_job),
    params:
        launcher=training_launcher,
        hyperparameters=setting_flags(
            "training",
            *(
                "max_samples",
                "selection",
                "validation_share",
                "cutoff",
                "lora_rank",
                "lora_alpha",
                "lora_dropout",
            ),
            *(
                "learning_rate",
                "warmup_steps",
                "epochs",
                "batch_size",
                "gradient_accumulation",
            ),
            *("save_steps", "dtype", "cpu_threads"),
        ),
        deepspeed=lambda wildcards: [
            f"--deepspeed {file}" for file in deepspeed_file(wildcards)
        ],
        seed=lambda wildcards: settings(wildcards).seed,
        checkpoints="work/{model}/iter{iteration}/checkpoints",
    shell:
        "{params.launcher} scripts.train_adapter --data {input.rows} --model {input.model}"
        " {params.hyperparameters} {params.deepspeed} --seed {params.seed} --checkpoints {params.checkpoints}"
        " --rejected {output.rejected} --counts {output.counts} --output {output.manifest} 2>&1 | tee {log}"


rule merged:
    input:
        code=code("merge_adapter"),
        adapter="results/{model}/iter{iteration}/adapter/manifest.json",
        base=start_model,
    output:
        "results/{model}/iter{iteration}/merged/manifest.json",
    log:
        "results/{model}/iter{iteration}/logs/merged.log",
    wildcard_constraints:
        iteration=r"[1-9]\d*",
    conda:
        "../envs/train.yaml"
    threads: setting("training", "cpu_threads")
    resources:
        **asks(merging_job),
    params:
        cpu_threads=setting("training", "cpu_threads"),
    shell:
        "python -m scripts.merge_adapter --adapter {input.adapter} --base {input.base}"
        " --cpu-threads {params.cpu_threads} --output {output} 2>&1 | tee {log}"


rule default_merged:
    input:
        f"results/{DEFAULT_MODEL}/iter{{iteration}}/merged/manifest.json",
    output:
        directory("results/iter{iteration}/merged"),
    log:
        "results/iter{iteration}/logs/merged.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        target=f"../{DEFAULT_MODEL}/iter{{iteration}}/merged",
    shell:
        "ln -sfn {params.target:q} {output} 2>&1 | tee {log}"
