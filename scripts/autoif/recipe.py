"""AutoIF as a table (arXiv 2406.13542): SFT on verified answers, offline DPO, then online DPO as often as asked for."""

from collections.abc import Iterable

from scripts.lib.config.artifacts import BASE, MEASURING_STEPS, SEEDS, adapter, measured, merged, model_source
from scripts.lib.config.recipe import Artifact, Beside, Iteration, Recipe, Settings, Source, Stage, Step

SFT, OFFLINE, ONLINE = 1, 2, 3
"""The iterations: verified answers train the model; pairs of these answers do; from then on, pairs of its own."""

SUPERVISOR = "supervisor"
"""The role of who writes and rates in the first iteration: like a judge, a model of another name may play it."""

ASKED_OF_IT = ("autoif.supervisor", "autoif.supervisor_engine", "autoif.format", "engine", "seed")
"""What decides what the supervisor says, beside what it is asked."""


def start(settings: Settings, iteration: int) -> int:
    """The model that is trained: the one before."""
    return iteration - 1


def answerer(settings: Settings, iteration: int) -> int:
    """The model that answers anew, online: the newest one."""
    return iteration - 1


def measured_model(settings: Settings, iteration: int) -> int:
    """The model that an iteration made."""
    return iteration


def supervised(settings: Settings) -> Iterable[Source]:
    """Return the base model where it is the supervisor; another one is told by its name."""
    return [Source("base", 0)] if settings.autoif.supervisor == "base" else []


def answers_of(iteration: int) -> int:
    """Return the iteration whose answers are paired: offline those that trained the model, online the model's own."""
    return SFT if iteration == OFFLINE else iteration


def translates(settings: Settings) -> bool:
    """Whether functions are translated back, to see whether they contradict their instructions."""
    return settings.autoif.consistency.by != "none"


def scores(settings: Settings) -> bool:
    """Whether answers are rated."""
    return settings.autoif.scoring.by != "none"


INSTRUCTIONS = Stage(
    "instructions",
    "instructions",
    steps=lambda settings: [f"instructions_{number}" for number in range(1, settings.autoif.instructions.rounds + 1)],
)
VERIFIERS = Stage("verifiers", "functions written", steps=lambda settings: ["verifiers"])
CROSS_VALIDATED = Stage("cross_validated", "functions kept by tests")
BACK_TRANSLATED = Stage("back_translated", "functions translated", steps=lambda settings: ["back_translation"])
CONSISTENT = Stage(
    "consistent",
    "functions consistent",
    steps=lambda settings: ["consistency"] if settings.autoif.consistency.by == "supervisor" else [],
)
PROMPTS = Stage("prompts", "prompts")
OUTPUTS = Stage("outputs", "answered", steps=lambda settings: ["responding"])
ONLINE_OUTPUTS = Stage("outputs", "answered", steps=lambda settings: ["online"])
RULE_FILTERED = Stage("rule_filtered", "verified")
EVALUATED = Stage("evaluated", "scored", steps=lambda settings: ["scoring"])
SCORE_FILTERED = Stage("score_filtered", "kept by score")
PAIRS = Stage("pairs", "pairs")
TRAINING = Stage("training", "trained on")
STAGES = (
    *(INSTRUCTIONS, VERIFIERS, CROSS_VALIDATED, BACK_TRANSLATED, CONSISTENT),
    *(PROMPTS, OUTPUTS, RULE_FILTERED, EVALUATED, SCORE_FILTERED, PAIRS, TRAINING),
)


def iteration_of(settings: Settings, iteration: int) -> Iteration:
    """Return what an iteration is: rows are verified and scored in the first, and pairs made in all others."""
    if iteration == SFT:
        only = {BACK_TRANSLATED: translates, CONSISTENT: translates, EVALUATED: scores, SCORE_FILTERED: scores}
        stages = [stage for stage in STAGES if stage is not PAIRS and (stage not in only or only[stage](settings))]
        return Iteration(tuple(stages), training="sft", start="start")
    answered = [ONLINE_OUTPUTS, RULE_FILTERED] if iteration >= ONLINE else []
    return Iteration((*answered, PAIRS, TRAINING), training="dpo", start="start")


def label(iteration: int) -> str:
    """Return what an iteration is called."""
    return {SFT: "SFT", OFFLINE: "offline DPO"}.get(iteration, f"online DPO {iteration - OFFLINE}")


def verifying(settings: Settings) -> str:
    """Return the artifact of the functions that verify answers."""
    return "consistent" if translates(settings) else "cross_validated"


def training_rows(settings: Settings, iteration: int) -> Iterable[Source]:
    """Return the verified answers that train the first iteration's adapter."""
    return [Source("score_filtered" if scores(settings) else "rule_filtered", iteration)]


def pairs_sources(settings: Settings, iteration: int) -> Iterable[Source]:
    """Pairs are made of answers that verification kept and rejected, and of test cases, if so set."""
    if iteration == OFFLINE and settings.autoif.pairs.from_cases:
        yield Source(verifying(settings), SFT)
    yield Source(verified(iteration), answers_of(iteration))


def verified(iteration: int) -> str:
    """Return the artifact of the verified answers that an iteration is trained on."""
    return "rule_filtered" if iteration < ONLINE else "online_rule_filtered"


def adapter_of(iteration: int) -> str:
    """Return the artifact of an iteration's adapter."""
    return "adapter" if iteration == SFT else "preference_adapter"


def rows_of(name: str, file: str = "", rejected: str = "") -> tuple[str, ...]:
    """Return the files of a stage: rows, rejected rows and counts."""
    file = file or name
    return (
        f"iter{{iteration}}/{file}.jsonl",
        f"iter{{iteration}}/{rejected or f'{file}_rejected'}.jsonl",
        f"iter{{iteration}}/counts/{file}.json",
    )


def graded_functions(stage: str, where: str = "autoif.functions_grader") -> Artifact:
    """Return the artifact that says how many functions of a stage are right, where a program knows that."""
    return Artifact(
        f"grades_{stage}",
        title="loss and grades",
        files=(f"iter{{iteration}}/grades/{stage}.json",),
        goal=True,
        where=where,
        settings=("autoif.functions_grader",),
        sources=lambda settings, iteration: [Source(stage, iteration)],
        last=SFT,
    )


ANSWERED_FILES = ("iter{iteration}/outputs.jsonl", "iter{iteration}/counts/outputs.json")
VERIFIED_FILES = rows_of("rule_filtered", rejected="rule_rejected")

ARTIFACTS = (
    BASE,
    SEEDS,
    Artifact(
        "instructions",
        files=rows_of("instructions"),
        work=("iter{iteration}/instructions_*/journal",),
        settings=("autoif.instructions", "autoif.novelty", *ASKED_OF_IT),
        sources=lambda settings, iteration: supervised(settings),
        last=SFT,
    ),
    Artifact(
        "verifiers",
        files=rows_of("verifiers"),
        work=("iter{iteration}/verifiers/journal",),
        settings=("autoif.verifiers", *ASKED_OF_IT),
        sources=lambda settings, iteration: [Source("instructions", iteration), *supervised(settings)],
        last=SFT,
    ),
    Artifact(
        "cross_validated",
        files=rows_of("cross_validated"),
        settings=("autoif.cross_validation",),
        sources=lambda settings, iteration: [Source("verifiers", iteration)],
        last=SFT,
    ),
    Artifact(
        "back_translated",
        files=rows_of("back_translated"),
        work=("iter{iteration}/back_translation/journal",),
        settings=("autoif.back_translation", *ASKED_OF_IT),
        sources=lambda settings, iteration: [Source("cross_validated", iteration), *supervised(settings)],
        last=SFT,
    ),
    Artifact(
        "consistent",
        files=rows_of("consistent"),
        work=("iter{iteration}/consistency/journal",),
        settings=("autoif.consistency", *ASKED_OF_IT),
        sources=lambda settings, iteration: [Source("back_translated", iteration), *supervised(settings)],
        last=SFT,
    ),
    Artifact(
        "prompts",
        files=rows_of("prompts"),
        settings=("autoif.queries", "seed"),
        sources=lambda settings, iteration: [Source(verifying(settings), iteration), Source("seeds", 0)],
        last=SFT,
    ),
    Artifact(
        "outputs",
        files=ANSWERED_FILES,
        work=("iter{iteration}/responding/journal",),
        settings=("autoif.answering", *ASKED_OF_IT),
        sources=lambda settings, iteration: [Source("prompts", iteration), *supervised(settings)],
        last=SFT,
    ),
    Artifact(
        "rule_filtered",
        files=VERIFIED_FILES,
        settings=("autoif.verification",),
        sources=lambda settings, iteration: [Source("outputs", iteration), Source(verifying(settings), SFT)],
        last=SFT,
    ),
    Artifact(
        "evaluated",
        files=("iter{iteration}/evaluated.jsonl", "iter{iteration}/counts/evaluated.json"),
        work=("iter{iteration}/scoring/journal",),
        settings=("autoif.scoring", *ASKED_OF_IT),
        sources=lambda settings, iteration: [Source("rule_filtered", iteration), *supervised(settings)],
        last=SFT,
    ),
    Artifact(
        "score_filtered",
        files=rows_of("score_filtered", rejected="score_rejected"),
        settings=("autoif.selection",),
        sources=lambda settings, iteration: [Source("evaluated", iteration)],
        last=SFT,
    ),
    Artifact(
        "online_outputs",
        title="answered",
        files=ANSWERED_FILES,
        work=("iter{iteration}/online/journal",),
        settings=("autoif.online", "engine", "seed"),
        sources=lambda settings, iteration: [Source("prompts", SFT), model_source(answerer(settings, iteration))],
        first=ONLINE,
    ),
    Artifact(
        "online_rule_filtered",
        title="verified",
        files=VERIFIED_FILES,
        settings=("autoif.verification",),
        sources=lambda settings, iteration: [Source("online_outputs", iteration), Source(verifying(settings), SFT)],
        first=ONLINE,
    ),
    Artifact("pairs", files=rows_of("pairs"), settings=("autoif.pairs", "seed"), sources=pairs_sources, first=OFFLINE),
    adapter(training_rows, start, last=SFT),
    adapter(
        lambda settings, iteration: [Source("pairs", iteration)],
        start,
        name="preference_adapter",
        chapter="autoif.dpo",
        first=OFFLINE,
    ),
    *merged(start, adapter_of),
    *measured(()),
    Artifact(
        "grades_rule_filtered",
        title="loss and grades",
        files=("iter{iteration}/grades/rule_filtered.json",),
        goal=True,
        settings=("held_out",),
        sources=lambda settings, iteration: [Source("rule_filtered", iteration)],
        last=SFT,
    ),
    graded_functions("verifiers"),
    graded_functions("cross_validated"),
    graded_functions("consistent", where="autoif.consistency_grader"),
)

RECIPE = Recipe(
    name="autoif",
    stages=STAGES,
    steps=(
        Step("instructions", role=SUPERVISOR, artifact="instructions"),
        Step("verifiers", role=SUPERVISOR, artifact="verifiers"),
        Step("back_translation", role=SUPERVISOR, artifact="back_translated"),
        Step("consistency", role=SUPERVISOR, artifact="consistent"),
        Step("responding", role=SUPERVISOR, artifact="outputs"),
        Step("scoring", role=SUPERVISOR, artifact="evaluated"),
        Step("online", role="answerer", artifact="online_outputs"),
        *MEASURING_STEPS,
    ),
    artifacts=ARTIFACTS,
    iteration=iteration_of,
    roles={"answerer": answerer, "start": start, "measured": measured_model},
    beside={SUPERVISOR: Beside("autoif.supervisor", "autoif.supervisor_engine")},
    yield_of=("score_filtered", "outputs"),
    label=label,
)
