"""SELF-ALIGN as a table (arXiv 2305.03047): its two iterations, who runs each step, and what each file depends on."""

from collections.abc import Iterable
from itertools import starmap

from scripts.lib.config.artifacts import BASE, MEASURING_STEPS, SEEDS, measured, model_source, trained
from scripts.lib.config.recipe import FORMATS, Artifact, Iteration, Recipe, Settings, Source, Stage, Step
from scripts.self_align.identity import IDENTITY_SLOTS

ENGRAVED, VERBOSE = 1, 2
"""The iterations: what principles make the base model reply becomes its own; then it learns to reply at length."""

DECODED = ("self_align.replying.forbidden", "self_align.replying.max_tokens")
"""What of its decoding holds where the base model is measured under principles, without any luck of a draw."""

KEPT = {ENGRAVED: "rule_filtered", VERBOSE: "verbose_filtered"}
"""The artifact of the replies that each iteration trains on, of which a grader tells how many are right."""

OUTPUT_FILES = ("iter{iteration}/outputs.jsonl", "iter{iteration}/counts/outputs.json")
PROMPT_FILES = tuple(f"self_align.replying.{file}" for file in ("template", "principles", "exemplars"))
"""What replies are compared with to see what was copied."""

REPLIES_AS = tuple(f"self_align.assistant.{key}" for key in ("name", "alias", "cutoff", "introduction"))
"""Who replies under principles; nothing of it says who made the assistant."""

VERBOSE_AS = ("self_align.assistant.name", "self_align.assistant.cutoff")
"""Who replies at length."""

IDENTITY = tuple(f"self_align.assistant.{slot}" for slot in IDENTITY_SLOTS)
"""What questions about the assistant have as their slots."""

FILTERED_FILES = (
    "iter{iteration}/rule_filtered.jsonl",
    "iter{iteration}/rule_rejected.jsonl",
    "iter{iteration}/counts/rule_filtered.json",
)


def base(settings: Settings, iteration: int) -> int:
    """The model that writes prompts, replies under principles, and is trained in both iterations."""
    return 0


def teacher(settings: Settings, iteration: int) -> int:
    """The model that replies: the base model under principles, and then the engraved one at length."""
    return iteration - 1


def measured_model(settings: Settings, iteration: int) -> int:
    """The model that an iteration made."""
    return iteration


def given_prompts(settings: Settings) -> bool:
    """Whether prompts are given, and none is written."""
    return bool(settings.self_align.prompts.files)


def writes_instructions(settings: Settings) -> bool:
    """Whether the base model writes instructions from seeds."""
    return not given_prompts(settings) and settings.self_align.prompts.self_instruct


def writes_questions(settings: Settings) -> bool:
    """Whether the base model writes topics, and questions about them."""
    return not given_prompts(settings) and settings.self_align.prompts.topic_guided


def numbered(step: str, rounds: int) -> list[str]:
    """Return the names of a step that is repeated."""
    return [f"{step}_{number}" for number in range(1, rounds + 1)]


INSTRUCTIONS = Stage(
    "instructions",
    "instructions",
    steps=lambda settings: numbered("synthesis", settings.self_align.synthesis.rounds),
    wanted=lambda settings: settings.self_align.synthesis.target,
)
TOPICS = Stage("topics", "topics", steps=lambda settings: numbered("topics", settings.self_align.topics.rounds))
QUESTIONS = Stage("questions", "questions", steps=lambda settings: ["questions"])
PROMPTS = Stage("prompts", "prompts")
OUTPUTS = Stage("outputs", "answered", steps=lambda settings: ["replying"])
VERBOSE_OUTPUTS = Stage("outputs", "answered", steps=lambda settings: ["verbose"])
RULE_FILTERED = Stage("rule_filtered", "kept by rules")
TRAINING = Stage("training", "trained on")
STAGES = (INSTRUCTIONS, TOPICS, QUESTIONS, PROMPTS, OUTPUTS, RULE_FILTERED, TRAINING)


def iteration_of(settings: Settings, iteration: int) -> Iteration:
    """Return what an iteration is: prompts are written in the first alone, and only where none are given."""
    written = {"instructions": writes_instructions, "topics": writes_questions, "questions": writes_questions}
    first = [stage for stage in STAGES if written.get(stage.name, lambda settings: True)(settings)]
    stages = first if iteration == ENGRAVED else [VERBOSE_OUTPUTS, RULE_FILTERED, TRAINING]
    return Iteration(tuple(stages), training="sft", start="base")


def label(iteration: int) -> str:
    """Return what an iteration is called."""
    return {ENGRAVED: "engraved", VERBOSE: "verbose"}.get(iteration, f"iter{iteration}")


def prompts_sources(settings: Settings, iteration: int) -> Iterable[Source]:
    """Prompts are written instructions and questions together, or given ones, which the base model's tokens measure."""
    if given_prompts(settings):
        yield Source("base", 0)
    if writes_instructions(settings):
        yield Source("instructions", ENGRAVED)
    if writes_questions(settings):
        yield Source("questions", ENGRAVED)


def identity_rows(settings: Settings) -> Iterable[Source]:
    """Return the rows about who the assistant is, if there are any."""
    return [Source("identity", 0)] if settings.self_align.identity.rows else []


def verbose_sources(settings: Settings, iteration: int) -> Iterable[Source]:
    """The engraved model replies to the prompts of the first iteration, and to questions about itself."""
    yield Source("prompts", ENGRAVED)
    yield from identity_rows(settings)
    yield model_source(teacher(settings, iteration))


def training_rows(settings: Settings, iteration: int) -> Iterable[Source]:
    """Return the kept replies; those of the first iteration stand beside rows about who the assistant is."""
    yield Source(KEPT[iteration], iteration)
    if iteration == ENGRAVED:
        yield from identity_rows(settings)


def once(name: str, **more: object) -> Artifact:
    """Return an artifact of the first iteration: rows, rejected rows and counts."""
    files = (f"iter{{iteration}}/{name}.jsonl", f"iter{{iteration}}/{name}_rejected.jsonl")
    return Artifact(name, files=(*files, f"iter{{iteration}}/counts/{name}.json"), last=ENGRAVED, **more)  # type: ignore[arg-type]


def graded(iteration: int, rows: str) -> Artifact:
    """Return the artifact that says how many of an iteration's kept replies are right."""
    return Artifact(
        f"grades_{rows}",
        title="loss and grades",
        files=("iter{iteration}/grades/rule_filtered.json",),
        goal=True,
        settings=("held_out",),
        sources=lambda settings, number: [Source(rows, number)],
        first=iteration,
        last=iteration,
    )


ARTIFACTS = (
    BASE,
    SEEDS,
    once(
        "instructions",
        work=("iter{iteration}/synthesis_*/journal",),
        settings=("self_align.synthesis", "self_align.novelty", "held_out.tasks", "engine", "seed"),
        sources=lambda settings, iteration: [Source("seeds", 0), Source("base", 0)],
    ),
    once(
        "topics",
        work=("iter{iteration}/topics_*/journal",),
        settings=("self_align.topics", "engine", "seed"),
        sources=lambda settings, iteration: [Source("base", 0)],
    ),
    once(
        "questions",
        work=("iter{iteration}/questions/journal",),
        settings=("self_align.questions", "self_align.topics.seeds", "held_out.tasks", "engine", "seed"),
        sources=lambda settings, iteration: [Source("topics", iteration), Source("base", 0)],
    ),
    once("prompts", settings=("self_align.prompts", "held_out.tasks", "seed"), sources=prompts_sources),
    Artifact(
        "identity",
        title="seed tasks",
        files=("identity.jsonl",),
        settings=("self_align.identity", *IDENTITY),
        first=0,
        last=0,
    ),
    Artifact(
        "outputs",
        files=OUTPUT_FILES,
        work=("iter{iteration}/replying/journal",),
        settings=("self_align.replying", *REPLIES_AS, "engine", "seed"),
        sources=lambda settings, iteration: [Source("prompts", iteration), model_source(teacher(settings, iteration))],
        last=ENGRAVED,
    ),
    Artifact(
        "rule_filtered",
        files=FILTERED_FILES,
        settings=("self_align.reply_filter", *REPLIES_AS, *PROMPT_FILES),
        sources=lambda settings, iteration: [Source("outputs", iteration)],
        last=ENGRAVED,
    ),
    Artifact(
        "verbose_outputs",
        title="answered",
        files=OUTPUT_FILES,
        work=("iter{iteration}/verbose/journal",),
        settings=("self_align.verbose", *VERBOSE_AS, "engine", "seed"),
        sources=verbose_sources,
        first=VERBOSE,
    ),
    Artifact(
        "verbose_filtered",
        title="kept by rules",
        files=FILTERED_FILES,
        settings=("self_align.verbose_filter", *VERBOSE_AS, "self_align.verbose.template"),
        sources=lambda settings, iteration: [Source("verbose_outputs", iteration)],
        first=VERBOSE,
    ),
    *trained(training_rows, base),
    *measured(()),
    *starmap(graded, KEPT.items()),
    Artifact(
        "held_out_principles",
        title="held-out tasks",
        files=("iter{iteration}/held_out_principles.json",),
        settings=(*PROMPT_FILES, *DECODED, *REPLIES_AS, "held_out", "engine", "seed"),
        work=("iter{iteration}/held_out_principles/journal",),
        sources=lambda settings, iteration: [model_source(iteration)],
        goal=True,
        first=0,
        last=0,
    ),
)

RECIPE = Recipe(
    name="self_align",
    stages=STAGES,
    steps=(
        Step("synthesis", role="base", artifact="instructions"),
        Step("topics", role="base", artifact="topics"),
        Step("questions", role="base", artifact="questions"),
        Step("replying", role="teacher", artifact="outputs"),
        Step("verbose", role="teacher", artifact="verbose_outputs"),
        *MEASURING_STEPS,
        Step("held_out_principles", role="measured", artifact="held_out_principles"),
    ),
    artifacts=ARTIFACTS,
    iteration=iteration_of,
    roles={"base": base, "teacher": teacher, "measured": measured_model},
    yield_of=("rule_filtered", "outputs"),
    most_iterations=VERBOSE,
    label=label,
    formats={**FORMATS, "principles": "under principles"},
)
