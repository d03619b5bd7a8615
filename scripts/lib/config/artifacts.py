"""The artifacts that every recipe has: the base model, seed tasks, adapters, models, and what is measured on them."""

from collections.abc import Callable, Iterable

from scripts.lib.config.recipe import FORMATS, Artifact, Beside, Recipe, Settings, Source, Step

JUDGE = "judge"
JUDGES = {JUDGE: Beside("judging.judge", "judging.engine")}
"""The role of who judges, in every recipe: a model of another name may play it."""

BASE = Artifact(
    "base",
    files=("iter0/merged/",),
    settings=("base", "revision", "chat_template", "pad_token"),
    first=0,
    last=0,
    title="model",
)
SEEDS = Artifact(
    "seeds",
    files=("seeds.jsonl", "seeds_rejected.jsonl"),
    settings=("seeds",),
    first=0,
    last=0,
    title="seed tasks",
)


def model_source(iteration: int) -> Source:
    """Return the model that an iteration made, as a source of something."""
    return Source("merged" if iteration else "base", iteration)


def trained(
    rows: Callable[[Settings, int], Iterable[Source]], start: Callable[[Settings, int], int]
) -> tuple[Artifact, ...]:
    """Return the artifacts of a training by LoRA: the adapter, the picture of its loss, and the merged model."""
    return (adapter(rows, start), *merged(start))


def adapter(
    rows: Callable[[Settings, int], Iterable[Source]],
    start: Callable[[Settings, int], int],
    *,
    name: str = "adapter",
    chapter: str = "training",
    first: int = 1,
    last: int | None = None,
) -> Artifact:
    """Return the artifact of the adapters of some iterations, which a chapter says how to train."""
    return Artifact(
        name,
        title="adapter",
        files=("iter{iteration}/adapter/", "iter{iteration}/training_rejected.jsonl")
        + ("iter{iteration}/counts/training.json",),
        settings=(chapter, "held_out.tasks", "seed"),
        work=("iter{iteration}/checkpoints",),
        sources=lambda settings, iteration: [*rows(settings, iteration), model_source(start(settings, iteration))],
        first=first,
        last=last,
    )


def merged(
    start: Callable[[Settings, int], int], adapter_of: Callable[[int], str] = lambda iteration: "adapter"
) -> tuple[Artifact, Artifact]:
    """Return the artifacts of what comes of an iteration's adapter: the picture of its loss, and the merged model."""
    return (
        Artifact(
            "loss",
            title="loss and grades",
            files=("iter{iteration}/loss.png",),
            goal=True,
            sources=lambda settings, iteration: [Source(adapter_of(iteration), iteration)],
        ),
        Artifact(
            "merged",
            title="model",
            files=("iter{iteration}/merged/",),
            goal=True,
            settings=("training.cpu_threads",),
            sources=lambda settings, iteration: [
                Source(adapter_of(iteration), iteration),
                model_source(start(settings, iteration)),
            ],
        ),
    )


def measured(stages: Iterable[str]) -> tuple[Artifact, ...]:
    """Return what is measured on every model by held-out tasks and a judge, and on rows of some stages by a grader."""
    models = [
        Artifact(
            f"held_out_{format_name}",
            title="held-out tasks",
            files=(f"iter{{iteration}}/held_out_{format_name}.json",),
            settings=("held_out", "engine"),
            work=(f"iter{{iteration}}/held_out_{format_name}/journal",),
            sources=lambda settings, iteration: [model_source(iteration)],
            goal=True,
            first=0,
        )
        for format_name in FORMATS
    ]
    judged = [
        _judged("pairwise", ["pairwise_answers", "pairwise_verdicts"]),
        _judged("two_turns", ["turns_*", "turn_scores"]),
    ]
    return (*models, *judged, *(_grades(stage) for stage in stages))


def _judged(name: str, steps: Iterable[str]) -> Artifact:
    return Artifact(
        f"judged_{name}",
        title="judged",
        files=(f"iter{{iteration}}/judged/{name}.json", f"iter{{iteration}}/judged/{name}.jsonl"),
        settings=(
            *("judging.judge", "judging.format", "judging.engine", "judging.answers"),
            *(f"judging.{name}", "engine", "seed"),
        ),
        work=tuple(f"iter{{iteration}}/{step}/journal" for step in steps),
        sources=lambda settings, iteration: [model_source(iteration), *_own_judge(settings)],
        goal=True,
        where=f"judging.{name}",
        first=0,
    )


def _own_judge(settings: Settings) -> Iterable[Source]:
    """Return the base model where it judges; another judge is told by its name."""
    return [Source("base", 0)] if settings.judging is not None and settings.judging.judge == "base" else []


def measured_of(recipe: Recipe, iteration: int) -> list[Artifact]:
    """Return what a summary tells of an iteration's model: its held-out results in all formats that it has.

    A trained model can be asked in the base format, too, but is not for a summary's sake: it was trained on chats.
    """
    return [
        artifact
        for artifact in recipe.artifacts
        if artifact.name.startswith("held_out_")
        and artifact.goal
        and artifact.is_of(iteration)
        and not (iteration and artifact.name == "held_out_base")
    ]


def benchmarks(tasks: Iterable[str]) -> tuple[Artifact, ...]:
    """Return what benchmarks say of every model, and the data that they ask about, for tasks by name."""
    return tuple(artifact for task in tasks for artifact in (_data(task), _evaluation(task)))


def _data(task: str) -> Artifact:
    return Artifact(
        f"evaluation_data_{task}",
        title="evaluation",
        files=(f"iter0/evaluation_data/{task}.json",),
        settings=("evaluation.files", "evaluation.revisions", "evaluation.copies"),
        first=0,
        last=0,
    )


def _evaluation(task: str) -> Artifact:
    """Return the artifact of one task; the step in which the model is asked bears its name."""
    folder = "iter{iteration}/evaluation"
    asked = ("files", "num_fewshot", "limit", "format", "max_tokens")
    return Artifact(
        f"evaluation_{task}",
        title="evaluation",
        files=(f"{folder}/{task}.json", f"{folder}/{task}.jsonl"),
        settings=(*(f"evaluation.{key}" for key in asked), "engine", "seed"),
        work=(f"iter{{iteration}}/evaluation_{task}/journal",),
        sources=lambda settings, iteration: [Source(f"evaluation_data_{task}", 0), model_source(iteration)],
        goal=True,
        first=0,
    )


def _grades(stage: str) -> Artifact:
    return Artifact(
        f"grades_{stage}",
        title="loss and grades",
        files=(f"iter{{iteration}}/grades/{stage}.json",),
        goal=True,
        settings=("held_out",),
        sources=lambda settings, iteration: [Source(stage, iteration)],
    )


MEASURING_STEPS = (
    *(Step(f"held_out_{name}", role="measured", artifact=f"held_out_{name}") for name in FORMATS),
    Step("pairwise_answers", role="measured", artifact="judged_pairwise"),
    Step("pairwise_verdicts", role=JUDGE, artifact="judged_pairwise"),
    Step("turns", role="measured", artifact="judged_two_turns"),
    Step("turn_scores", role=JUDGE, artifact="judged_two_turns"),
)
