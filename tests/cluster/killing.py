"""A run through all stages of a recipe, of which jobs are killed one after the other, and what it must have made."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.slurm import Cluster, wait_for
from tests.cluster.workflow import ON_CLUSTER, Script, finish, scripts, start
from tests.conftest import contents
from tests.workflow.conftest import Project


@dataclass
class Broken:
    """A run of which jobs were killed, and the numbers of these, by step."""

    project: Project
    jobs: dict[str, str]

    def states(self, cluster: Cluster) -> dict[str, str]:
        """What became of the killed jobs, by step, as SLURM's accounting says."""
        listed = cluster.ask("sacct", "--allocations", "--noheader", "--parsable2", "--format=JobIDRaw,State")
        states = dict(line.split("|") for line in listed.splitlines())
        return {step: states[job] for step, job in self.jobs.items()}


def at_work(project: Project, step: str, *, half_done: bool) -> Script:
    """Return the script that writes to a step's folder ("replying", "iter1 adapter") once it runs.

    `half_done`: once it has a batch behind it, of many.
    """
    found: list[Script] = []

    def look() -> bool:
        found[:] = [
            script
            for script in scripts(project)
            if step in (script.output.parent.name, " ".join(script.output.parent.parts[-2:]))
            and (not half_done or script.batches)
        ]
        return bool(found)

    wait_for(f"a job of {step} is at work", look, seconds=900)
    return found[0]


def break_run(project: Project, target: str, steps: Sequence[str], half_done: Container[str]) -> Broken:
    """Make a target on the cluster, and kill a job of each step in turn; the profile has it tried again.

    Of `half_done` steps, the job has a batch behind it when it is killed.
    """
    run = Broken(project, {})
    snakemake = start(project, *ON_CLUSTER, target)
    for step in steps:
        script = at_work(project, step, half_done=step in half_done)
        run.jobs[step] = script.job
        script.process.kill()
    finish(project, snakemake)
    return run


def made(model: Path) -> dict[str, bytes]:
    """The rows and weights that a run made in a model's folder, of all stages."""
    return {
        name: content
        for name, content in contents(model).items()
        if name.endswith((".jsonl", ".safetensors")) and "training_log" not in name
    }
