"""What rules read beyond a plain path: models and what is trained on. Recipes and reports have files of their own."""

import re
from functools import cache

from scripts.lib.config.sections import Base
from scripts.lib.config.sharing import NOTHING
from scripts.lib.models.sources import is_fetched, local_base
from scripts.lib.run.damage import damaged
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


def beside_files(wildcards):
    """What stands for a model beside all entries."""
    return files_of_base(
        BESIDE[wildcards.beside], Path(f"work/beside/{wildcards.beside}/fetched.json")
    )


def beside_pattern(chosen):
    """A pattern for {beside}: the models beside all entries that are of one kind."""
    names = [re.escape(name) for name, model in BESIDE.items() if chosen(model)]
    return "|".join(names) or NOTHING


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


def training_rows(way):
    """A function that gives a rule, which trains in this way, the files of rows that the recipe's table says."""

    def files(wildcards):
        model, iteration = model_of(wildcards), int(wildcards.iteration)
        trained, _ = training(wildcards)
        asked = model.recipe.iteration(model.settings, iteration).training
        if asked != way:
            raise WorkflowError(f"rules: no rule trains an adapter by {asked!r}")
        return [
            path(
                wildcards, model.artifacts[source.artifact].first_file(source.iteration)
            )
            for source in trained.sources(model.settings, iteration)
            if source.artifact not in ("base", "merged")
        ]

    return files


def start_model(wildcards):
    """The model whose weights are trained."""
    model = model_of(wildcards)
    iteration = model.recipe.iteration(model.settings, int(wildcards.iteration))
    return model_as(iteration.start)(wildcards)


def deepspeed_file(wildcards):
    """The DeepSpeed configuration of the training job, if it uses one."""
    trained, chapter = training(wildcards)
    stage = value(wildcards, trained.name, f"{chapter}.deepspeed")
    return [] if stage == "none" else [f"config/deepspeed/{stage}.json"]
