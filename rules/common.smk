"""The models and their settings, and what all rules share: where files are, settings as flags, versions of code."""

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake_interface_executor_plugins.settings import ExecMode

sys.path.insert(0, workflow.basedir)

from scripts.configuration import read_config_files
from scripts.evaluation.installed import check_installed
from scripts.evaluation.settings import TASK_NAME
from scripts.lib.config.beside import beside_manifest, models_of_their_own
from scripts.lib.config.named import check_named
from scripts.lib.config.options import option_values
from scripts.lib.config.sharing import setting_of
from scripts.lib.errors import UserError
from scripts.lib.run.versions import versions

# Snakemake takes braces for wildcards, and Python a colon for the end of a path.
if set("{}:") & set(str(workflow.basedir)):
    raise WorkflowError(
        f"{workflow.basedir}: nothing can run in a folder with {{, }} or : in its path; give it another name"
    )

CONFIG_FILES = [Path(os.path.relpath(file)) for file in workflow.configfiles] or [
    Path("config/config.yaml")
]
try:
    DEFAULT_MODEL, SHARING = read_config_files(
        CONFIG_FILES, workflow.config_settings.config
    )
    if workflow.workflow_settings.exec_mode == ExecMode.DEFAULT:
        check_named(SHARING)
except UserError as error:
    raise WorkflowError(str(error))
MODELS = SHARING.models
BESIDE = models_of_their_own(MODELS.values())

# Jobs inherit this environment; a job on a cluster reads these lines again. As text in front of each command, the path of
# the project would have to be quoted. Spinning OpenMP threads cost a factor of six when anything else runs on the machine.
os.environ.update(
    PYTHONPATH=str(workflow.basedir),
    OMP_WAIT_POLICY="PASSIVE",
    GOMP_SPINCOUNT="0",
    TOKENIZERS_PARALLELISM="false",
    HF_HUB_DISABLE_TELEMETRY="1",
)
# Jobs run in the environment that Snakemake runs in, unless it makes one for each rule (--sdm conda).
if not workflow.deployment_settings.deployment_method:
    try:
        if any(model.settings.evaluation.tasks for model in MODELS.values()):
            check_installed()
    except UserError as error:
        raise WorkflowError(str(error))
    found_before = os.environ.get("PATH", os.defpath)
    os.environ.update(PATH=f"{Path(sys.executable).parent}:{found_before}")

# The prefix replaces the strict mode that Snakemake sets by itself, so it must set it again: without pipefail,
# `| tee` would hide failures.
shell.prefix("set -euo pipefail; ")


wildcard_constraints:
    model=SHARING.own_pattern(),
    iteration=r"0|[1-9]\d*",
    step=rf"[a-z]+(_[a-z]+)*(_[1-9]\d*)?|evaluation_{TASK_NAME}",
    task=TASK_NAME,
    round=r"[1-9]\d*",
    attempt=r"[1-9]\d*",
    shard=r"[1-9]\d*",
    shards=r"[1-9]\d*",
    format="base|chat",


def raised_by(recipe):
    """A pattern for {model}: models of a recipe, where several make files of one name, each in its own way."""
    return SHARING.own_pattern(lambda model: model.recipe.name == recipe)


def model_of(wildcards):
    """The model of the configuration that a job is for."""
    return MODELS[wildcards.model]


def settings(wildcards):
    """The settings of the model that a job is for."""
    return model_of(wildcards).settings


def in_model(file):
    """A function that gives a rule the path of a file of its model, which may lie with a model that it shares it with.

    Wildcards in it are the job's: "iter{iteration}/prompts.jsonl".
    """
    return lambda wildcards: path(wildcards, file.format(**wildcards))


def stop(error):
    """End with one line for the user: of what an input function raises, Snakemake shows the way through the code, too."""
    sys.exit(f"error: {error}")


def path(wildcards, file):
    """Where a file of the job's model lies."""
    try:
        return SHARING.path(model_of(wildcards).name, file)
    except UserError as error:
        stop(error)


def in_iterations(file, iterations):
    """The paths of a file in several iterations of the job's model: a function, of which wildcards are given later."""
    return lambda wildcards: [
        path(wildcards, file.format(iteration=iteration))
        for iteration in iterations(wildcards)
    ]


def earlier(wildcards):
    """The iterations before the job's own; iteration 0 has no rows."""
    return range(1, int(wildcards.iteration))


def manifest_of(wildcards, iteration):
    """The manifest of the model that an iteration of the job's model made; iteration 0 is the base model."""
    return path(wildcards, f"iter{iteration}/merged/manifest.json")


def model_as(role):
    """A function that gives a rule the manifest of the model that plays a role in its iteration."""

    def manifest(wildcards):
        model = model_of(wildcards)
        try:
            if played := model.beside(role):
                return beside_manifest(model, played.chosen, SHARING)
            made_in = model.recipe.model_of(
                role, model.settings, int(wildcards.iteration)
            )
        except UserError as error:
            stop(error)
        return manifest_of(wildcards, made_in)

    return manifest


def step_of(wildcards):
    """The entry of the recipe's table that claims a generation step; an error if none does."""
    try:
        return model_of(wildcards).step(wildcards.step)
    except UserError as error:
        stop(error)


def training(wildcards):
    """The artifact that the training of the job's iteration makes, and the key of the section that says how."""
    try:
        return model_of(wildcards).training(int(wildcards.iteration))
    except UserError as error:
        stop(error)


def training_of(wildcards):
    """How the job's iteration is trained."""
    _, chapter = training(wildcards)
    return setting_of(settings(wildcards), chapter)


def beside(key):
    """A function that gives a rule the manifest of the model beside its own that a setting names."""
    return lambda wildcards: beside_manifest(model_of(wildcards), key, SHARING)


def engine_key(wildcards):
    """The section that says what the job's step runs with: a model beside the entry may have one of its own."""
    return model_of(wildcards).engine_key(wildcards.get("step"))


def engine_of(wildcards, step=None):
    """What a step (default: the job's) runs with."""
    return model_of(wildcards).engine_of(step or wildcards.get("step"))


def completions(step):
    """A function that gives the completions of a step of the job's model, one file per shard."""

    def files(wildcards):
        given = {"iteration": 0, **wildcards}
        named = step.format(**given)
        shards = engine_of(wildcards, named).shards
        folder = "work/{model}/iter{iteration}/{named}".format(**given, named=named)
        return [
            f"{folder}/completions_{shard}_of_{shards}.jsonl"
            for shard in range(1, shards + 1)
        ]

    return files


def value(wildcards, artifact, key):
    """One value of the job's settings, by its dotted key, for something that the artifact's table says depends on it.

    Else models that differ in it would share what it changes.
    """
    model = model_of(wildcards)
    if artifact not in model.artifacts:
        raise WorkflowError(
            f"the recipe {model.recipe.name!r} of {model.name} makes no {artifact}"
        )
    if not model.artifacts[artifact].depends_on(key):
        raise WorkflowError(
            f"rules: {artifact} reads {key}, which the table of the recipe {model.recipe.name!r} does not say"
        )
    return setting_of(model.settings, key)


def setting(artifact, key):
    """A function that gives a rule one value of its model's settings, for params."""
    return lambda wildcards: value(wildcards, artifact, key)


def setting_flags(artifact, section, *keys):
    """A function that gives a rule the named values of a section as command line flags, as `add_options` reads them."""

    def given(wildcards):
        found = {key: value(wildcards, artifact, f"{section}.{key}") for key in keys}
        chapter = setting_of(settings(wildcards), section)
        return flags(**option_values(type(chapter), found))

    return given


def flags(**values):
    """Command line flags for the values that are set; a truth value is a flag without one, and a list has several."""
    return " ".join(
        _flag(f"--{name.replace('_', '-')}", value)
        for name, value in values.items()
        if value is not None and value is not False and value != ()
    )


def _flag(name, value):
    if value is True:
        return name
    if isinstance(value, str) and value.startswith("-"):
        return shlex.quote(f"{name}={value}")  # by itself it would be read as a flag
    values = value if isinstance(value, (tuple, list)) else [value]
    return shlex.join([name, *map(str, values)])


def code(*scripts):
    """The versions of the modules behind scripts, each a param of its own: a reason to rerun then names the module."""
    return versions(*(f"scripts.{script}" for script in scripts))
