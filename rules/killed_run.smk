"""After a kill -9 of Snakemake the same command goes on: nothing has to be unlocked or cancelled by hand."""

from snakemake_interface_executor_plugins.settings import ExecMode

from scripts.lib.killed_run import Run

# Not for the Snakemake inside a job, and not for a plan.
if (
    workflow.workflow_settings.exec_mode == ExecMode.DEFAULT
    and not workflow.output_settings.dryrun
):
    this_run = Run(Path.cwd())


onstart:
    if workflow.executor_plugin.name == "slurm":
        try:
            this_run.cancel_leftover_jobs()
        except UserError as error:
            raise WorkflowError(str(error))
