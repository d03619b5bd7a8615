"""New instructions from few-shot prompts, round by round (Self-Instruct, arXiv 2212.10560): a stage of several recipes."""


rule plan_synthesis:
    input:
        seeds=example_seeds,
        template=by_recipe("synthesis", "synthesis.template"),
        earlier_requests=earlier_rounds("synthesis", "requests.jsonl"),
        kept=example_rows,
    output:
        "work/{model}/iter{iteration}/synthesis_{round}/requests.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/plan_synthesis_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("plan_synthesis"),
        synthesis=flags_by_recipe(
            *("synthesis", "synthesis", "target", "expected_yield", "examples"),
            *(
                "origin_samples",
                "few_shot_choice",
                "stop_after",
                "never_ends",
                "temperature",
                "top_p",
                "max_tokens",
            ),
        ),
        seed=seed_of_step("synthesis"),
    shell:
        "python -m scripts.plan_synthesis --seeds {input.seeds:q} --template {input.template:q}"
        " --kept-before {input.kept:q} --earlier-requests {input.earlier_requests:q}"
        " --iteration {wildcards.iteration} --round {wildcards.round}"
        " --seed {params.seed} {params.synthesis} --output {output} 2>&1 | tee {log}"


rule collect_synthesis:
    input:
        requests="work/{model}/iter{iteration}/synthesis_{round}/requests.jsonl",
        completions=completions("synthesis_{round}"),
        seeds=in_model("seeds.jsonl"),
        held_out=held_out_before("synthesis"),
        # New is what was never written before, whether it was kept to be trained on or not.
        earlier=in_iterations("iter{iteration}/prompts.jsonl", earlier),
        kept=earlier_rounds("synthesis", "kept.jsonl", first=-1),
        rejected=earlier_rounds("synthesis", "rejected.jsonl", first=-1),
    output:
        kept="work/{model}/iter{iteration}/synthesis_{round}/kept.jsonl",
        rejected="work/{model}/iter{iteration}/synthesis_{round}/rejected.jsonl",
    log:
        "results/{model}/iter{iteration}/logs/collect_synthesis_{round}.log",
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("collect_synthesis"),
        novelty=flags_by_recipe("synthesis", "novelty", "threshold", "scope"),
        synthesis=flags_by_recipe("synthesis", "synthesis", "examples", "keep_last"),
    shell:
        "python -m scripts.collect_synthesis --requests {input.requests:q} --completions {input.completions:q}"
        " --seeds {input.seeds:q} --held-out {input.held_out:q} --earlier {input.earlier:q}"
        " --kept-before {input.kept:q} --rejected-before {input.rejected:q}"
        " --iteration {wildcards.iteration} {params.novelty} {params.synthesis}"
        " --output {output.kept} --rejected {output.rejected} 2>&1 | tee {log}"


rule finish_synthesis:
    input:
        kept=last_round("synthesis", "kept.jsonl"),
        rejected=last_round("synthesis", "rejected.jsonl"),
    output:
        kept="results/{model}/iter{iteration}/prompts.jsonl",
        rejected="results/{model}/iter{iteration}/prompts_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/prompts.json",
    log:
        "results/{model}/iter{iteration}/logs/finish_synthesis.log",
    wildcard_constraints:
        model=raised_by("isheep"),
    localrule: True
    conda:
        "../envs/data.yaml"
    params:
        *code("finish_synthesis"),
        synthesis=flags_by_recipe("synthesis", "synthesis", "target", "minimum_share"),
    shell:
        "python -m scripts.finish_synthesis --input {input.kept:q} --input-rejected {input.rejected:q}"
        " {params.synthesis} --output {output.kept} --rejected {output.rejected}"
        " --counts {output.counts} 2>&1 | tee {log}"


use rule finish_synthesis as finish_instructions with:
    output:
        kept="results/{model}/iter{iteration}/instructions.jsonl",
        rejected="results/{model}/iter{iteration}/instructions_rejected.jsonl",
        counts="results/{model}/iter{iteration}/counts/instructions.json",
    log:
        "results/{model}/iter{iteration}/logs/finish_instructions.log",
    wildcard_constraints:
        model=raised_by("self_align"),
        iteration="1",
