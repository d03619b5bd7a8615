"""The settings of every model, and what all rules share."""

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, workflow.basedir)

from scripts.lib.config.files import read_config
from scripts.lib.errors import UserError
from scripts.lib.config.settings import MODEL_NAME
from scripts.lib.run.versions import imported_files

try:
    DEFAULT_MODEL, MODELS = read_config(
        config, " + ".join(map(str, workflow.configfiles)) or "config"
    )
except UserError as error:
    raise WorkflowError(str(error))

# Jobs run in the environment that Snakemake runs in, unless it makes one for each rule (--sdm conda).
search_path = (
    ""
    if workflow.deployment_settings.deployment_method
    else f"PATH={Path(sys.executable).parent}:$PATH"
)

# The prefix replaces the strict mode that Snakemake sets by itself, so it must set it again: without pipefail,
# `| tee` would hide failures. Spinning OpenMP threads cost a factor of six when anything else runs on the machine.
shell.prefix(
    f"set -euo pipefail; export {search_path} PYTHONPATH={workflow.basedir} OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0"
    " TOKENIZERS_PARALLELISM=false HF_HUB_DISABLE_TELEMETRY=1; "
)


wildcard_constraints:
    model=MODEL_NAME,
    iteration=r"\d+",
    step=r"[a-z]+(_[a-z]+)*(_\d+)?",
    round=r"\d+",
    shard=r"\d+",
    shards=r"\d+",
    format="base|chat",


def code(script):
    """The files of a script and of all it imports, as inputs: Snakemake then compares their checksums."""
    root = os.path.relpath(workflow.basedir)
    files = imported_files(f"scripts.{script}", Path(workflow.basedir))
    return [
        os.path.normpath(os.path.join(root, file.relative_to(workflow.basedir)))
        for file in files
    ]


def code_of_module(module):
    """The files of a module that the config names; one from outside the project is installed, and has none here."""
    script = module.removeprefix("scripts.")
    return [] if script == module else code(script)


def settings(wildcards):
    """The settings of the model that a job is for."""
    if wildcards.model not in MODELS:
        raise WorkflowError(
            f"there is no model {wildcards.model!r} in the config; models: {', '.join(MODELS)}"
        )
    return MODELS[wildcards.model]


def setting(section, key):
    """A function that gives a rule one value of its model's settings, for params and resources."""
    return lambda wildcards: getattr(getattr(settings(wildcards), section), key)


def flags(**values):
    """Command line flags for the values that are set; a truth value is a flag without one."""
    set_values = {name.replace("_", "-"): value for name, value in values.items()}
    return " ".join(
        f"--{name}" if value is True else f"--{name} {shlex.quote(str(value))}"
        for name, value in set_values.items()
        if value is not None and value is not False
    )


def setting_flags(section, *keys):
    """A function that gives a rule the named values of a section as command line flags."""
    return lambda wildcards: flags(
        **{key: getattr(getattr(settings(wildcards), section), key) for key in keys}
    )
