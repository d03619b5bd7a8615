"""Every question of the form "which file does this step read?", answered in one place."""

from pathlib import Path


def artifact(model, iteration, name):
    """A file of one iteration of one model."""
    return f"results/{model}/iter{iteration}/{name}"


def model_of(model, iteration):
    """The manifest of the model that an iteration made; iteration 0 is the base model."""
    return artifact(model, iteration, "merged/manifest.json")


def previous_model(wildcards):
    """The model that writes and answers in this iteration: the one before made it."""
    return model_of(wildcards.model, int(wildcards.iteration) - 1)


def assessor_model(wildcards):
    """The model that rates: the one that answered (paper) or the base model (published code)."""
    if settings(wildcards).assessment.assessor == "base":
        return model_of(wildcards.model, 0)
    return previous_model(wildcards)


def step_model(wildcards):
    """The model that a generation step runs on."""
    step = wildcards.step
    if step.startswith(("ratings_", "row_perplexity")):
        return assessor_model(wildcards)
    if step.startswith(("held_out_", "seed_perplexity")):
        return model_of(wildcards.model, wildcards.iteration)
    return previous_model(wildcards)


def completions(step, iteration="{iteration}"):
    """A function that gives the completions of a step, one file per shard."""

    def files(wildcards):
        shards = settings(wildcards).engine.shards
        folder = f"work/{{model}}/iter{iteration}/{step}".format(**wildcards)
        return [
            f"{folder}/completions_{shard}_of_{shards}.jsonl"
            for shard in range(1, shards + 1)
        ]

    return files


def earlier(wildcards, name):
    """A file of every earlier iteration of the same model."""
    return [
        artifact(wildcards.model, iteration, name)
        for iteration in range(1, int(wildcards.iteration))
    ]


def answer_format(wildcards):
    """How this iteration's tasks are asked: as plain text of a base model, or in the chat template."""
    chosen = settings(wildcards).answering.format
    if chosen == "auto":
        return "base" if int(wildcards.iteration) == 1 else "chat"
    return chosen


def seeds_before_clusters(wildcards):
    """Seeds with what sampling by density and perplexity together needs before the clusters."""
    if settings(wildcards).synthesis.sampling == "density_ppl":
        return f"work/{wildcards.model}/iter0/seed_perplexity/rows.jsonl"
    return f"results/{wildcards.model}/seeds.jsonl"


def measured_seeds(wildcards):
    """The seeds with what their sampling needs: perplexity and cluster cost a model run, so only then."""
    sampling = settings(wildcards).synthesis.sampling
    if sampling in ("density", "density_ppl"):
        return f"work/{wildcards.model}/iter0/seed_clusters/rows.jsonl"
    if sampling in ("ppl", "inverse_ppl"):
        return f"work/{wildcards.model}/iter0/seed_perplexity/rows.jsonl"
    return f"results/{wildcards.model}/seeds.jsonl"


def base_files(base):
    """What stands for a local base model: its manifest, or else its files; a hub id is pinned by its revision."""
    manifest = Path(base) / "manifest.json"
    if manifest.is_file():
        return [str(manifest)]
    return sorted(str(path) for path in Path(base).glob("*") if path.is_file())


def needs_rules(wildcards):
    """The rule set of this model; the paper's threshold -1 means that not even rules filter."""
    chosen = settings(wildcards)
    return "none" if chosen.selection.threshold == -1 else chosen.filter.rules


def ratings(wildcards, attempts):
    """The completions of the first `attempts` attempts at rating."""
    return [
        file
        for attempt in range(1, attempts + 1)
        for file in completions(f"ratings_{attempt}")(wildcards)
    ]


def rows_to_select(wildcards):
    """The rows that the selection chooses from, with the measure that it chooses by."""
    work = f"work/{wildcards.model}/iter{wildcards.iteration}"
    by = settings(wildcards).selection.by
    if by in ("density", "density_perplexity"):
        return f"{work}/row_clusters/rows.jsonl"
    if by == "perplexity":
        return f"{work}/row_perplexity/rows.jsonl"
    name = "rule_filtered.jsonl"
    if settings(wildcards).assesses:
        name = (
            "judged.jsonl"
            if settings(wildcards).assessment.judge
            else "evaluated.jsonl"
        )
    return artifact(wildcards.model, wildcards.iteration, name)


def rows_to_cluster(wildcards):
    """The rows that density selection clusters: with their perplexity if it also goes by that."""
    if settings(wildcards).selection.by == "density_perplexity":
        return f"work/{wildcards.model}/iter{wildcards.iteration}/row_perplexity/rows.jsonl"
    return artifact(wildcards.model, wildcards.iteration, "rule_filtered.jsonl")


def start_model(wildcards):
    """The model whose weights the adapter is trained on and merged into."""
    if settings(wildcards).training.start_from == "base":
        return model_of(wildcards.model, 0)
    return previous_model(wildcards)


def training_rows(wildcards):
    """The files of kept rows that train this iteration's adapter."""
    newest = artifact(wildcards.model, wildcards.iteration, "score_filtered.jsonl")
    if settings(wildcards).training.train_on == "newest":
        return [newest]
    return [*earlier(wildcards, "score_filtered.jsonl"), newest]


def held_out_results(wildcards):
    """The held-out accuracies of every model of a run; the base model is measured in both formats."""
    chosen = settings(wildcards)
    if chosen.held_out is None:
        return []
    trained = [
        artifact(wildcards.model, iteration, "held_out_chat.json")
        for iteration in range(1, chosen.iterations + 1)
    ]
    return [
        artifact(wildcards.model, 0, f"held_out_{format}.json")
        for format in ("base", "chat")
    ] + trained


def row_grades(wildcards):
    """How many rows are right before and after the selection of every iteration, where a program can tell."""
    chosen = settings(wildcards)
    if chosen.held_out is None:
        return []
    return [
        artifact(wildcards.model, iteration, f"grades/{stage}.json")
        for iteration in range(1, chosen.iterations + 1)
        for stage in ("rule_filtered", "score_filtered")
    ]


def held_out_tasks(wildcards):
    """The held-out tasks, if the model has any, as a list of one file."""
    chosen = settings(wildcards).held_out
    return [] if chosen is None else [chosen.tasks]


def last_round(name):
    """A function that gives a file of the round before the job's, or nothing in the first round."""

    def file(wildcards):
        before = int(wildcards.round) - 1
        return (
            [
                f"work/{wildcards.model}/iter{wildcards.iteration}/prompts_{before}/{name}"
            ]
            if before
            else []
        )

    return file


def earlier_rounds(name):
    """A function that gives a file of every round before the job's."""

    def files(wildcards):
        rounds = range(1, int(wildcards.round))
        return [
            f"work/{wildcards.model}/iter{wildcards.iteration}/prompts_{number}/{name}"
            for number in rounds
        ]

    return files


def final_round(name):
    """A function that gives a file of the last round of prompts."""

    def file(wildcards):
        rounds = settings(wildcards).synthesis.rounds
        return (
            f"work/{wildcards.model}/iter{wildcards.iteration}/prompts_{rounds}/{name}"
        )

    return file


def rating_templates(wildcards):
    """The prompt templates of the chosen criteria."""
    assessment = settings(wildcards).assessment
    chosen = (
        ["quality", "following"]
        if assessment.criteria == "both"
        else [assessment.criteria]
    )
    return [f"{assessment.family}/{criterion}.txt" for criterion in chosen]


def deepspeed_file(wildcards):
    """The DeepSpeed configuration of the training job, if it uses one."""
    stage = settings(wildcards).training.deepspeed
    return [] if stage == "none" else [f"config/deepspeed/{stage}.json"]


def stage_counts(wildcards):
    """The counts of every stage and iteration of a run."""
    stages = ["prompts", "outputs", "rule_filtered", "score_filtered", "training"]
    if settings(wildcards).assesses and not settings(wildcards).assessment.judge:
        stages.insert(3, "evaluated")
    return [
        artifact(wildcards.model, iteration, f"counts/{stage}.json")
        for iteration in range(1, settings(wildcards).iterations + 1)
        for stage in stages
    ]
