"""Turn a base language model and seed tasks into self-aligned models.

snakemake --cores 2 results/iter3/merged       the default model, three iterations
snakemake --cores 2 all                        every model of the config, every iteration
snakemake --cores 2 judged                     only their judged quality, where judging: is set
snakemake -n …                                 only the plan
"""

from snakemake.utils import min_version

min_version("9.27")


# rules/common.smk reads config/config.yaml, or the files that --configfile names: these stand alone, unless they say
# `extends:`. There is no `configfile:` here, since Snakemake lets the second of two equal keys replace the first.
include: "rules/common.smk"
include: "rules/run.smk"
include: "rules/resources.smk"
include: "rules/inputs.smk"
include: "rules/recipe_inputs.smk"
include: "rules/report_inputs.smk"
include: "rules/models.smk"
include: "rules/beside.smk"
include: "rules/generate.smk"
include: "rules/self_instruct.smk"
include: "rules/isheep.smk"
include: "rules/self_align_prompts.smk"
include: "rules/self_align.smk"
include: "rules/autoif_instructions.smk"
include: "rules/autoif_verifiers.smk"
include: "rules/autoif_classifier.smk"
include: "rules/autoif.smk"
include: "rules/autoif_pairs.smk"
include: "rules/measures.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/judge.smk"
include: "rules/report.smk"
include: "rules/figure_inputs.smk"
include: "rules/figures.smk"
include: "rules/tiny_world.smk"


rule all:
    default_target: True
    input:
        [f"results/{model}/summary.json" for model in MODELS],
        benchmarks(MODELS.values()),
        judged_results(MODELS.values()),


localrules:
    all,
