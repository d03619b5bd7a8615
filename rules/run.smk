"""Before a run starts: what a killed one left behind is cleared away, and what changed its owner is taken over."""

from snakemake_interface_executor_plugins.settings import ExecMode

from scripts.lib.run import adoption
from scripts.lib.run.killed import clear_locks_of_killed_runs

# Not for the Snakemake inside a job.
if workflow.workflow_settings.exec_mode == ExecMode.DEFAULT:
    takeovers = adoption.takeovers(SHARING, Path.cwd())
    for takeover in takeovers:
        print(takeover, file=sys.stderr)
        if not workflow.output_settings.dryrun:
            adoption.take_over(takeover, Path.cwd())
    if takeovers and workflow.output_settings.dryrun:
        print(
            "A run links these files first, and then has less to do than this plan says.",
            file=sys.stderr,
        )
    if not workflow.output_settings.dryrun:
        this_run = clear_locks_of_killed_runs(Path.cwd())
        for folder in ("results", "work"):
            if Path(folder).exists() and not os.access(folder, os.W_OK):
                raise WorkflowError(
                    f"{folder}/ cannot be written to; make it writable, or a link to a folder that is"
                )


onstart:
    adoption.claim(SHARING, Path.cwd())
    if workflow.executor_plugin.name == "slurm":
        try:
            this_run.cancel_leftover_jobs()
        except UserError as error:
            raise WorkflowError(str(error))
