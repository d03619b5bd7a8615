"""What is measured, judged and told of models: held-out tasks, benchmarks, counts, and the models side by side."""

from scripts.evaluation.settings import format_of
from scripts.evaluation.task_files import file_of, read_task_file
from scripts.lib.config.artifacts import measured_of
from scripts.report.comparable import check_comparable


def held_out(artifact, key):
    """A function that gives one value of the held-out tasks, for an artifact in whose name wildcards may stand."""

    def found(wildcards):
        chosen = value(wildcards, artifact.format(**wildcards), f"held_out.{key}")
        if chosen is None:
            stop(
                f"model {wildcards.model} has no held-out tasks to be measured on; set held_out: for it"
            )
        return chosen

    return found


def judging(artifact, key):
    """A function that gives one value of how models are judged; an error where the job's model is not."""

    def found(wildcards):
        chosen = value(wildcards, artifact, f"judging.{key}")
        if chosen is None:
            section = f"judging.{key.split('.')[0]}"
            stop(f"model {wildcards.model} is not judged so; set {section}: for it")
        return chosen

    return found


def answers_of_turns(wildcards):
    """The completions of both turns."""
    return [
        *completions("turns_1")(wildcards),
        *completions("turns_2")(wildcards),
    ]


def judged_results(models):
    """The results of models that are judged, every iteration's; none where the configuration has no judging."""
    return [
        SHARING.path(model.name, artifact.first_file(iteration))
        for model in models
        for artifact in model.recipe.artifacts
        if artifact.where.startswith("judging.") and model.wants(artifact)
        for iteration in model.iterations
    ]


def some_judged_results(wildcards):
    """Those of all models, for who asks for them by name."""
    found = judged_results(MODELS.values())
    if not found:
        stop("no model of this configuration is judged; set judging: {} for it")
    return found


def trained_iterations(wildcards):
    """The iterations of the job's model that train."""
    return model_of(wildcards).iterations[1:]


def training_log(wildcards):
    """The log of the training of the job's iteration, beside what it made."""
    return log_of(wildcards, int(wildcards.iteration))


def training_logs(wildcards):
    """The logs of all trainings of the job's model."""
    return [log_of(wildcards, iteration) for iteration in trained_iterations(wildcards)]


def log_of(wildcards, iteration):
    """The log of the training of an iteration of the job's model."""
    try:
        folder = model_of(wildcards).trained_folder(iteration)
    except UserError as error:
        stop(error)
    return path(wildcards, f"iter{iteration}/{folder}/training_log.jsonl")


def stage_counts(wildcards):
    """The counts of every stage and iteration of a run, as the recipe's table has them."""
    model = model_of(wildcards)
    return [
        path(wildcards, f"iter{iteration}/counts/{stage.name}.json")
        for iteration in trained_iterations(wildcards)
        for stage in model.recipe.iteration(model.settings, iteration).stages
    ]


def held_out_results(wildcards):
    """The held-out accuracies of every model of a run, in the formats that its recipe has for it."""
    model = model_of(wildcards)
    if settings(wildcards).held_out is None:
        return []
    return [
        path(wildcards, file)
        for iteration in model.iterations
        for artifact in measured_of(model.recipe, iteration)
        for file in artifact.files_of(iteration)
    ]


def row_grades(wildcards):
    """How many rows of the graded stages of every iteration are right, where a program can tell."""
    model, measured = model_of(wildcards), settings(wildcards).held_out is not None
    graded = [
        artifact
        for name, artifact in model.artifacts.items()
        if name.startswith("grades_")
        and model.wants(artifact)
        and (measured or not artifact.depends_on("held_out"))
    ]
    return [
        path(wildcards, file)
        for iteration in trained_iterations(wildcards)
        for artifact in graded
        if artifact.is_of(iteration)
        for file in artifact.files_of(iteration)
    ]


def compared(wildcards):
    """The summaries of all models; what their comparison cannot tell is said beforehand."""
    try:
        for doubt in check_comparable(MODELS.values()):
            say_once(f"results/comparison.md: {doubt}")
    except UserError as error:
        stop(f"results/comparison.md: {error}")
    return [f"results/{model}/summary.json" for model in MODELS]


def task_of(wildcards):
    """The benchmark that a job is about, as the configuration names it: a name of lm-eval, or a task file."""
    chosen = settings(wildcards).evaluation.chosen
    if wildcards.task not in chosen:
        stop(
            f"model {wildcards.model} is not asked about {wildcards.task}; name it under evaluation.tasks"
        )
    return chosen[wildcards.task]


def task_files(wildcards):
    """The files that say what a benchmark is, with its data where these are files; none of what lm-eval has itself."""
    try:
        file = file_of(task_of(wildcards))
        return [] if file is None else read_task_file(file).files
    except UserError as error:
        stop(error)


def data_options(wildcards):
    """What is said of the data of a benchmark: commits of the hub, or the folder with copies."""
    artifact = f"evaluation_data_{wildcards.task}"
    revisions = value(wildcards, artifact, "evaluation.revisions")
    return flags(
        revisions=tuple(f"{name}={commit}" for name, commit in revisions.items()),
        copies=value(wildcards, artifact, "evaluation.copies"),
    )


def task_options(wildcards):
    """How a benchmark is asked: the same for planning and for scoring."""
    artifact = f"evaluation_{wildcards.task}"
    asked = ("format", "num_fewshot", "limit", "max_tokens")
    found = {key: value(wildcards, artifact, f"evaluation.{key}") for key in asked}
    return flags(
        **{
            **found,
            "format": format_of(found["format"], int(wildcards.iteration)),
            "num_fewshot": found["num_fewshot"].get(wildcards.task),
        },
        seed=value(wildcards, artifact, "seed"),
    )


def benchmarks(models):
    """The results of all benchmarks that models are asked about, in every iteration."""
    return [
        SHARING.path(model.name, f"iter{iteration}/evaluation/{task}.json")
        for model in models
        for task in model.settings.evaluation.chosen
        for iteration in model.iterations
    ]
