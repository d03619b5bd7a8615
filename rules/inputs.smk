"""What rules read beyond a plain path, chapter by chapter: models, I-SHEEP, training, report, benchmarks."""

from functools import cache

from scripts.evaluation.settings import format_of
from scripts.evaluation.task_files import file_of, read_task_file
from scripts.isheep import recipe as isheep
from scripts.lib.config.artifacts import measured_of
from scripts.lib.models.sources import is_fetched, local_base
from scripts.lib.run.damage import damaged
from scripts.report.comparable import check_comparable
from scripts.self_align import recipe as self_align
from scripts.targets import not_configured, refuse


def whole_or_again(manifest, files):
    """A function that gives a rule its input files, and has its job run again if what its manifest lists is damaged."""

    def found(wildcards):
        made = Path(manifest.format(**wildcards))
        if made.name == "manifest.json" and made.is_file():
            if (problem := damaged(made)) and run_again(made):
                say_once(f"{problem}; it is made again where it is needed")
        return files(wildcards)

    return found


def run_again(file):
    """Have Snakemake run the job again that makes a file, though it is there; return whether this is a run or a plan.

    It has no public way to ask for that while it plans: what -R asks for stands in `forcefiles`.
    tests/workflow/test_damage.py would notice a change.
    """
    planning = workflow.workflow_settings.exec_mode == ExecMode.DEFAULT
    if planning:
        workflow.dag.forcefiles.add(str(file))
    return planning


def default_made(wildcards):
    """The manifest of the default model of an iteration; said aloud if the link to it leads to another model so far."""
    try:
        made = SHARING.path(
            DEFAULT_MODEL, f"iter{wildcards.iteration}/merged/manifest.json"
        )
    except UserError as error:
        stop(error)
    link = Path(f"results/iter{wildcards.iteration}/merged")
    before = os.path.relpath(os.path.realpath(link))
    if link.is_symlink() and before != os.path.dirname(made):
        say_once(
            f"{link} leads to {before} so far, and then to {os.path.dirname(made)}, of this configuration's default model"
        )
    return made


def refused(wildcards):
    """What stands for the inputs of a target that the configuration knows nothing of: an error."""
    try:
        source = " + ".join(map(str, CONFIG_FILES))
        refuse(wildcards.asked, SHARING, source, Path("results"))
    except UserError as error:
        stop(error)


@cache
def say_once(line):
    """Tell the user something, however often Snakemake asks for what it is about; jobs of a cluster are silent."""
    if workflow.workflow_settings.exec_mode == ExecMode.DEFAULT:
        print(line, file=sys.stderr)


def base_files(wildcards):
    """What stands for the base model of the job's model."""
    return files_of_base(
        settings(wildcards), Path(f"work/{wildcards.model}/iter0/fetched.json")
    )


def judge_files(wildcards):
    """What stands for the model of a judge of its own."""
    return files_of_base(
        JUDGES[wildcards.judge], Path(f"work/judges/{wildcards.judge}/fetched.json")
    )


def files_of_base(chosen, fetched):
    """What stands for a local model: its manifest, or else its files; a hub id is pinned by its revision."""
    base = local_base(chosen.base, chosen.revision)
    if base is None:
        if fetched.is_file() and not is_fetched(fetched):
            run_again(fetched)
        return []
    if (base / "manifest.json").is_file():
        return [str(base / "manifest.json")]
    return sorted(str(path) for path in base.glob("*") if path.is_file())


def held_out_tasks(artifact):
    """A function that gives the held-out tasks that an artifact must do without, if there are any: a list of one file."""
    return lambda wildcards: value(wildcards, artifact, "held_out.tasks") or []


def earlier_rounds(step, name, first=1):
    """A function that gives a file of a step's rounds before the job's, from `first` on (-1: only the last)."""

    def files(wildcards):
        before = int(wildcards.round) - 1
        rounds = range(before if first == -1 else first, before + 1)
        folder = f"work/{wildcards.model}/iter{wildcards.iteration}"
        return [f"{folder}/{step}_{number}/{name}" for number in rounds if number]

    return files


def last_round(step, name):
    """A function that gives a file of the last round of a step."""

    def file(wildcards):
        rounds = by_recipe(step, f"{step}.rounds")(wildcards)
        folder = f"work/{wildcards.model}/iter{wildcards.iteration}"
        return f"{folder}/{step}_{rounds}/{name}"

    return file


def by_recipe(step, key):
    """A function that gives a value of a step that several recipes have, each under its own name."""

    def found(wildcards):
        recipe = model_of(wildcards).recipe
        return value(wildcards, recipe.step(step).artifact, f"{recipe.name}.{key}")

    return found


def flags_by_recipe(step, section, *keys):
    """A function that gives values of a section of such a step as command line flags."""

    def given(wildcards):
        recipe = model_of(wildcards).recipe
        artifact = recipe.step(step).artifact
        return setting_flags(artifact, f"{recipe.name}.{section}", *keys)(wildcards)

    return given


def seed_of_step(step):
    """A function that gives the seed of a step that several recipes have."""
    return lambda wildcards: value(
        wildcards, model_of(wildcards).recipe.step(step).artifact, "seed"
    )


def example_seeds(wildcards):
    """The seeds that examples are chosen from, with what choosing them needs."""
    chosen = settings(wildcards)
    plain = model_of(wildcards).recipe is not isheep.RECIPE
    return path(
        wildcards, "seeds.jsonl" if plain else f"{isheep.example_seeds(chosen)}.jsonl"
    )


def example_rows(wildcards):
    """The rows of the round before that examples are chosen from, with what choosing them needs."""
    plain = model_of(wildcards).recipe is not isheep.RECIPE
    name = "kept" if plain else isheep.kept_rows(settings(wildcards))
    return earlier_rounds("synthesis", f"{name}.jsonl", first=-1)(wildcards)


def held_out_before(step):
    """A function that gives the held-out tasks that a step of several recipes must do without: a list of one file."""
    return lambda wildcards: held_out_tasks(
        model_of(wildcards).recipe.step(step).artifact
    )(wildcards)


# Prompts of SELF-ALIGN are written by the base model, or given.
GIVEN_PROMPTS, WRITES_PROMPTS = (
    SHARING.own_pattern(
        lambda model, given=given: model.recipe is self_align.RECIPE
        and self_align.given_prompts(model.settings) == given
    )
    for given in (True, False)
)


def written_instructions(wildcards):
    """The instructions that the base model of SELF-ALIGN wrote from seeds: a list of one file, or of none."""
    written = self_align.writes_instructions(settings(wildcards))
    return [path(wildcards, "iter1/instructions.jsonl")] if written else []


def written_questions(wildcards):
    """The questions that it wrote about topics: a list of one file, or of none."""
    written = self_align.writes_questions(settings(wildcards))
    return [path(wildcards, "iter1/questions.jsonl")] if written else []


def verbose_prompts(wildcards):
    """What the engraved model is asked, to have it reply at length: all prompts, and the questions about itself."""
    chosen, iteration = settings(wildcards), int(wildcards.iteration)
    rows = ("prompts", "identity")
    return [
        path(
            wildcards,
            model_of(wildcards).artifacts[source.artifact].first_file(source.iteration),
        )
        for source in self_align.verbose_sources(chosen, iteration)
        if source.artifact in rows
    ]


def answering_format(wildcards):
    """How this iteration's tasks are asked: as plain text of a base model, or in the chat template."""
    chosen = value(wildcards, "outputs", "isheep.answering.format")
    return isheep.answering_format(chosen, int(wildcards.iteration))


def assessment_templates(wildcards):
    """The prompt templates of the chosen criteria; none where an oracle rates."""
    return value(wildcards, "evaluated", "isheep.assessment.templates")


def assessments(attempts):
    """A function that gives the completions of the first `attempts` (of its wildcards) attempts at rating."""
    return lambda wildcards: [
        file
        for attempt in range(1, attempts(wildcards) + 1)
        for file in completions(f"assessment_{attempt}")(wildcards)
    ]


def assessing_module(wildcards):
    """The module that puts scores beside rows: from the model's own ratings, or an oracle's."""
    oracle = value(wildcards, "evaluated", "isheep.assessment.oracle")
    return oracle or "scripts.isheep.collect_assessment"


def own_ratings(wildcards, input):
    """What the module that collects the model's own ratings needs; nothing where an oracle rates."""
    if not input.completions:
        return ""
    return flags(
        templates=list(input.templates),
        completions=list(input.completions),
        **{
            key: value(wildcards, "evaluated", f"isheep.assessment.{key}")
            for key in ("score", "minimum_mass")
        },
    )


def training_rows(wildcards):
    """The files of rows that train this iteration's adapter, as the recipe's table says."""
    model = model_of(wildcards)
    way = model.recipe.iteration(model.settings, int(wildcards.iteration)).training
    if way != "sft":
        raise WorkflowError(f"rules: no rule trains an adapter by {way!r}")
    sources = model.artifacts["adapter"].sources(
        model.settings, int(wildcards.iteration)
    )
    return [
        path(wildcards, model.artifacts[source.artifact].first_file(source.iteration))
        for source in sources
        if source.artifact not in ("base", "merged")
    ]


def start_model(wildcards):
    """The model whose weights are trained."""
    model = model_of(wildcards)
    iteration = model.recipe.iteration(model.settings, int(wildcards.iteration))
    return model_as(iteration.start)(wildcards)


def deepspeed_file(wildcards):
    """The DeepSpeed configuration of the training job, if it uses one."""
    stage = value(wildcards, "adapter", "training.deepspeed")
    return [] if stage == "none" else [f"config/deepspeed/{stage}.json"]


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


def judged_results(wildcards):
    """The results of all judged models, every iteration's; none where the configuration has no judging."""
    return [
        SHARING.path(model.name, artifact.first_file(iteration))
        for model in MODELS.values()
        for artifact in model.recipe.artifacts
        if artifact.where.startswith("judging.") and model.wants(artifact)
        for iteration in model.iterations
    ]


def some_judged_results(wildcards):
    """The same, for who asks for them by name."""
    found = judged_results(wildcards)
    if not found:
        stop("no model of this configuration is judged; set judging: {} for it")
    return found


def trained_iterations(wildcards):
    """The iterations of the job's model that train."""
    return model_of(wildcards).iterations[1:]


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
    model = model_of(wildcards)
    graded = [name for name in model.artifacts if name.startswith("grades_")]
    if settings(wildcards).held_out is None:
        return []
    return [
        path(wildcards, file)
        for iteration in trained_iterations(wildcards)
        for name in graded
        for file in model.artifacts[name].files_of(iteration)
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
