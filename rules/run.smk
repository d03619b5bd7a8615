"""Before a run starts: what a killed one left behind is cleared away, and folders must be writable."""

from snakemake_interface_executor_plugins.settings import ExecMode

from scripts.lib.run.killed import Run

# Not for the Snakemake inside a job, and not for a plan.
if (
    workflow.workflow_settings.exec_mode == ExecMode.DEFAULT
    and not workflow.output_settings.dryrun
):
    this_run = Run(Path.cwd())
    for folder in ("results", "work"):
        if Path(folder).exists() and not os.access(folder, os.W_OK):
            raise WorkflowError(
                f"{folder}/ cannot be written to; make it writable, or a link to a folder that is"
            )


onstart:
    if workflow.executor_plugin.name == "slurm":
        try:
            this_run.cancel_leftover_jobs()
        except UserError as error:
            raise WorkflowError(str(error))
