"""Before a run starts: what a killed one left behind is cleared away, and what changed its owner is taken over."""

from snakemake_interface_executor_plugins.settings import ExecMode

from scripts.lib.run import adoption
from scripts.lib.run.cluster import check_cluster
from scripts.lib.run.killed import clear_locks_of_killed_runs

# Not for the Snakemake inside a job, and not for a plan.
if (
    workflow.workflow_settings.exec_mode == ExecMode.DEFAULT
    and not workflow.output_settings.dryrun
):
    this_run = clear_locks_of_killed_runs(Path.cwd())
    for folder in ("results", "work"):
        if Path(folder).exists() and not os.access(folder, os.W_OK):
            raise WorkflowError(
                f"{folder}/ cannot be written to; make it writable, or a link to a folder that is"
            )


onstart:
    try:
        if workflow.executor_plugin.name == "slurm":
            check_cluster(guesses_account=not site("slurm_account"))
            this_run.cancel_leftover_jobs()
        for line in adoption.take_over(SHARING, Path.cwd()):
            print(line, file=sys.stderr)
        say_room()
    except (UserError, OSError) as error:
        stop(error)
