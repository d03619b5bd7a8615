"""I-SHEEP as a table (arXiv 2408.08072): its stages, who runs each step, and what each file depends on."""

from collections.abc import Iterable

from scripts.lib.config.artifacts import BASE, MEASURING_STEPS, SEEDS, measured, model_source, trained
from scripts.lib.config.recipe import Artifact, Iteration, Recipe, Settings, Source, Stage, Step
from scripts.lib.rows.few_shot import BY_CLUSTER, BY_PERPLEXITY

GRADED = ("rule_filtered", "score_filtered")
"""Stages of which a grader tells how many rows are right: before and after the selection."""


def writer(settings: Settings, iteration: int) -> int:
    """The model that writes new instructions and answers them: the one before made it."""
    return iteration - 1


def assessor(settings: Settings, iteration: int) -> int:
    """The model that rates: the one that answered (paper), or the base model (published code)."""
    return 0 if settings.isheep.assessment.assessor == "base" else iteration - 1


def measurer(settings: Settings, iteration: int) -> int:
    """The model by whose perplexities and vectors rows are selected: the one that answered, or the base model."""
    return 0 if settings.isheep.selection.measured_by == "base" else iteration - 1


def start(settings: Settings, iteration: int) -> int:
    """The model whose weights the adapter is trained on and merged into."""
    return 0 if settings.training.start_from == "base" else iteration - 1


def base_model(settings: Settings, iteration: int) -> int:
    """The model that all others come from: it measures the kept rows that are examples, as it measures seeds."""
    return 0


def measured_model(settings: Settings, iteration: int) -> int:
    """The model that an iteration made; for seed tasks, that of iteration 0."""
    return iteration


def measures_kept(settings: Settings) -> bool:
    """Whether examples are chosen, by perplexity, from what a round of new instructions has kept."""
    synthesis = settings.isheep.synthesis
    return synthesis.origin_samples is not None and synthesis.few_shot_choice in BY_PERPLEXITY


def kept_rows(settings: Settings) -> str:
    """Return the file of a round's kept rows with what choosing examples from them needs."""
    return "kept_perplexity" if measures_kept(settings) else "kept"


def prompts_steps(settings: Settings) -> list[str]:
    """Return the generation steps behind new instructions; the last round's rows are nobody's examples."""
    rounds, steps = settings.isheep.synthesis.rounds, []
    for number in range(1, rounds + 1):
        steps.append(f"synthesis_{number}")
        if measures_kept(settings) and number < rounds:
            steps.append(f"kept_perplexity_{number}")
    return steps


STAGES = (
    Stage(
        "prompts",
        "new instructions",
        steps=prompts_steps,
        wanted=lambda settings: settings.isheep.synthesis.target,
    ),
    Stage("outputs", "answered", steps=lambda settings: ["answering"]),
    Stage("rule_filtered", "kept by rules"),
    Stage(
        "evaluated",
        "assessed",
        steps=lambda settings: [f"assessment_{n}" for n in range(1, settings.isheep.assessment.attempts + 1)],
    ),
    Stage("score_filtered", "kept by selection", steps=lambda settings: ["row_perplexity"]),
    Stage("training", "trained on"),
)


def iteration_of(settings: Settings, iteration: int) -> Iteration:
    """Return what an iteration is; every one is alike, but rows are assessed only where scores select them."""
    stages = tuple(stage for stage in STAGES if stage.name != "evaluated" or settings.isheep.assesses)
    return Iteration(stages, training="sft", start="start")


def answering_format(chosen: str, iteration: int) -> str:
    """Return how an iteration's tasks are asked: a base model knows plain text only, later ones their chat template."""
    if chosen == "auto":
        return "base" if iteration == 1 else "chat"
    return chosen


def seeds_to_cluster(settings: Settings) -> str:
    """Return the artifact of the seeds that are clustered: with perplexities if the choice also goes by these."""
    return "seed_perplexity" if settings.isheep.synthesis.few_shot_choice == "density_ppl" else "seeds"


def example_seeds(settings: Settings) -> str:
    """Return the artifact of the seeds with what choosing examples needs: each costs a model run, so only then."""
    chosen = settings.isheep.synthesis.few_shot_choice
    if settings.isheep.synthesis.origin_samples is not None:
        return "seeds"  # drawn alike: only kept rows are weighed
    if chosen in BY_CLUSTER:
        return "seed_clusters"
    return "seed_perplexity" if chosen in BY_PERPLEXITY else "seeds"


def rows_to_cluster(settings: Settings) -> str:
    """Return the artifact of the rows that selection by density clusters."""
    return "row_perplexity" if settings.isheep.selection.by == "density_perplexity" else "rule_filtered"


def rows_to_select(settings: Settings) -> str:
    """Return the artifact of the rows that the selection chooses from, with the measure that it chooses by."""
    by = settings.isheep.selection.by
    if by in ("density", "density_perplexity"):
        return "row_clusters"
    if by == "perplexity":
        return "row_perplexity"
    return "evaluated" if settings.isheep.assesses else "rule_filtered"


def training_rows(settings: Settings, iteration: int) -> Iterable[Source]:
    """Return the kept rows that train an iteration's adapter: the newest, or all up to them."""
    first = 1 if settings.training.train_on == "all" else iteration
    return [Source("score_filtered", number) for number in range(first, iteration + 1)]


def prompts_sources(settings: Settings, iteration: int) -> Iterable[Source]:
    """New instructions are written from seeds, and must differ from all earlier ones.

    Rows of earlier iterations are no examples, neither in the paper's Algorithm 1 nor in the published code.
    """
    yield Source(example_seeds(settings), 0)
    yield Source("seeds", 0)
    yield model_source(writer(settings, iteration))
    if measures_kept(settings):
        yield model_source(base_model(settings, iteration))
    for earlier in range(1, iteration):
        yield Source("prompts", earlier)


ARTIFACTS = (
    BASE,
    SEEDS,
    Artifact(
        "seed_perplexity",
        title="seed tasks",
        files=("seed_perplexity.jsonl",),
        work=("iter0/seed_perplexity/journal",),
        settings=("engine",),
        sources=lambda settings, iteration: [Source("seeds", 0), Source("base", 0)],
        first=0,
        last=0,
    ),
    Artifact(
        "seed_clusters",
        title="seed tasks",
        files=("seed_clusters.jsonl",),
        settings=("engine", "isheep.synthesis.clusters", "seed"),
        sources=lambda settings, iteration: [Source(seeds_to_cluster(settings), 0), Source("base", 0)],
        first=0,
        last=0,
    ),
    Artifact(
        "prompts",
        files=("iter{iteration}/prompts.jsonl", "iter{iteration}/prompts_rejected.jsonl")
        + ("iter{iteration}/counts/prompts.json",),
        work=("iter{iteration}/synthesis_*/journal", "iter{iteration}/kept_perplexity_*/journal"),
        settings=("isheep.synthesis", "isheep.novelty", "held_out.tasks", "engine", "seed"),
        sources=prompts_sources,
    ),
    Artifact(
        "outputs",
        files=("iter{iteration}/outputs.jsonl", "iter{iteration}/counts/outputs.json"),
        work=("iter{iteration}/answering/journal",),
        settings=("isheep.answering", "engine", "seed"),
        sources=lambda settings, iteration: [
            Source("prompts", iteration),
            model_source(writer(settings, iteration)),
        ],
    ),
    Artifact(
        "rule_filtered",
        files=("iter{iteration}/rule_filtered.jsonl", "iter{iteration}/rule_rejected.jsonl")
        + ("iter{iteration}/counts/rule_filtered.json",),
        settings=("isheep.rules_in_force",),
        sources=lambda settings, iteration: [Source("outputs", iteration)],
    ),
    Artifact(
        "evaluated",
        files=("iter{iteration}/evaluated.jsonl", "iter{iteration}/counts/evaluated.json"),
        work=("iter{iteration}/assessment_*/journal",),
        settings=("isheep.assessment", "engine", "seed"),
        sources=lambda settings, iteration: [
            Source("rule_filtered", iteration),
            model_source(assessor(settings, iteration)),
        ],
    ),
    Artifact(
        "row_perplexity",
        title="kept by selection",
        files=("iter{iteration}/row_perplexity.jsonl",),
        work=("iter{iteration}/row_perplexity/journal",),
        settings=("engine",),
        sources=lambda settings, iteration: [
            Source("rule_filtered", iteration),
            model_source(measurer(settings, iteration)),
        ],
    ),
    Artifact(
        "row_clusters",
        title="kept by selection",
        files=("iter{iteration}/row_clusters.jsonl",),
        settings=("engine", "isheep.selection.clusters", "seed"),
        sources=lambda settings, iteration: [
            Source(rows_to_cluster(settings), iteration),
            model_source(measurer(settings, iteration)),
        ],
    ),
    Artifact(
        "score_filtered",
        files=("iter{iteration}/score_filtered.jsonl", "iter{iteration}/score_rejected.jsonl")
        + ("iter{iteration}/counts/score_filtered.json",),
        settings=("isheep.selection", "isheep.assessment.criteria", "seed"),
        sources=lambda settings, iteration: [Source(rows_to_select(settings), iteration)],
    ),
    *trained(training_rows, start),
    *measured(GRADED),
)

RECIPE = Recipe(
    name="isheep",
    stages=STAGES,
    steps=(
        Step("seed_perplexity", role="measured", artifact="seed_perplexity"),
        Step("synthesis", role="writer", artifact="prompts"),
        Step("kept_perplexity", role="base", artifact="prompts"),
        Step("answering", role="writer", artifact="outputs"),
        Step("assessment", role="assessor", artifact="evaluated"),
        Step("row_perplexity", role="measurer", artifact="row_perplexity"),
        *MEASURING_STEPS,
    ),
    artifacts=ARTIFACTS,
    iteration=iteration_of,
    roles={
        "writer": writer,
        "assessor": assessor,
        "measurer": measurer,
        "start": start,
        "base": base_model,
        "measured": measured_model,
    },
    yield_of=("score_filtered", "outputs"),
    did="wrote and answered",
    made="new instruction",
)
