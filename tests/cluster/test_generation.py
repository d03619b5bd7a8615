"""Eight shards of a generation step on two nodes with two GPUs each, and everything that kills a job there."""

import re
import signal
import subprocess
from dataclasses import dataclass
from itertools import combinations

import pytest

from scripts.lib.rows.files import read_json
from tests.cluster.conftest import new_project
from tests.cluster.slurm import NODES, wait_for
from tests.cluster.workflow import (
    ITERATION,
    MODEL,
    ON_CLUSTER,
    ROWS,
    Script,
    Seen,
    Watcher,
    fingerprints,
    finish,
    half_done,
    printed,
    scripts,
    start,
    status,
    tiny_config,
)
from tests.workflow.conftest import Project

OTHER_SHARDS = 3


@dataclass
class Kill:
    """A script that was killed, and the batches that it had finished; `output`: it had finished them all."""

    how: str
    script: Script
    batches: list[str]
    output: int | None


@dataclass
class Broken:
    """A run in which jobs were killed, what each kill left, and what `make status` said before the first."""

    project: Project
    kills: list[Kill]
    seen: list[Seen]
    doomed: set[str]
    status: str = ""

    def note(self, how: str, *scripts: Script, within: float = 30) -> None:
        """Wait until killed scripts are gone, and note what they had finished."""
        for script in scripts:
            wait_for(f"{how}: the script ends", lambda script=script: not script.process.is_running(), within)
            output = script.output.stat().st_ino if script.output.exists() else None
            self.kills.append(Kill(how, script, script.batches, output))

    def half_done(self) -> Script:
        """Wait for a script that is in the middle of its work; one that was returned before is not again."""
        script = half_done(self.project, *NODES, but=self.doomed)
        self.doomed.add(script.job)
        return script

    def working_on(self, *nodes: str) -> list[Script]:
        """Wait until a script on these nodes is in the middle of its work; return all that run there.

        The jobs of a node that fails start again under the same number: all may be returned several times.
        """
        half_done(self.project, *nodes)
        return [script for script in scripts(self.project) if script.node in nodes]


@pytest.fixture(scope="module")
def broken(started_reference, cluster, tmp_path_factory) -> Broken:
    """Kill jobs in every way, then Snakemake itself, then type the same command once more."""
    project = new_project(tmp_path_factory.mktemp("broken") / "project", tiny_config())
    watcher = Watcher(project)
    watcher.start()
    run = Broken(project, [], [], set())
    snakemake = start(project, *ON_CLUSTER, "--retries", "0", MODEL)
    hung = hang_until_the_time_limit(cluster, run)
    cancel(cluster, run)
    kill_the_script(cluster, run)
    other = next(node for node in NODES if node != hung.node)
    set_node_down(cluster, run, other)
    cut_power(cluster, run, other)
    run.note("time limit", hung, within=600)
    snakemake = kill_snakemake(run, snakemake)
    finish(project, snakemake)
    run.seen = watcher.stop()
    return run


def hang_until_the_time_limit(cluster, run: Broken) -> Script:
    """A script that does not move any more, as on a dead file system, and a limit of one minute for its job."""
    script = run.half_done()
    run.status = status(run.project)
    script.process.send_signal(signal.SIGSTOP)
    cluster.ask("scontrol", "update", f"JobId={script.job}", "TimeLimit=1")
    return script


def cancel(cluster, run: Broken) -> None:
    script = run.half_done()
    cluster.ask("scancel", script.job)
    run.note("scancel", script)


def kill_the_script(cluster, run: Broken) -> None:
    script = run.half_done()
    script.process.kill()
    run.note("kill -9", script)
    wait_for("its job fails", lambda: not cluster.ask("squeue", "--noheader", f"--jobs={script.job}", check=False))


def set_node_down(cluster, run: Broken, node: str) -> None:
    there = run.working_on(node)
    cluster.ask("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
    run.note("node set down", *there)
    cluster.ask("scontrol", "update", f"NodeName={node}", "State=RESUME")


def cut_power(cluster, run: Broken, node: str) -> None:
    there = run.working_on(node)
    cluster.kill_node(node)
    run.note("node without power", *there)
    wait_for("the dead node is missed", lambda: cluster.node_states()[node].startswith("down"))
    cluster.start_node(node)


def kill_snakemake(run: Broken, snakemake: subprocess.Popen) -> subprocess.Popen:
    """Kill Snakemake; its jobs go on by themselves until the next one, which is returned, ends them."""
    there = run.working_on(*NODES)
    snakemake.kill()
    snakemake.wait()
    after = start(run.project, *ON_CLUSTER, MODEL)
    run.note("Snakemake killed", *there)
    return after


def test_jobs_that_ran_together_saw_different_devices(broken):
    assert {(seen.script.node, seen.script.devices) for seen in broken.seen} >= {
        (node, device) for node in NODES for device in "01"
    }
    for one, other in combinations([seen for seen in broken.seen if seen.script.devices], 2):
        if one.began <= other.ended and other.began <= one.ended:
            assert (one.script.node, one.script.devices) != (other.script.node, other.script.devices)


@pytest.mark.parametrize("name", ROWS)
def test_the_files_are_those_of_an_undisturbed_local_run_in_one_shard(broken, reference, name):
    file = f"{ITERATION}/{name}.jsonl"
    assert (broken.project.folder / file).read_bytes() == (reference.folder / file).read_bytes()


def test_the_model_is_that_of_an_undisturbed_local_run(broken, reference):
    made, expected = (read_json(project.folder / MODEL / "manifest.json") for project in (broken.project, reference))
    assert made["fingerprint"] == expected["fingerprint"]


def test_status_shows_the_requests_that_running_jobs_have_answered(broken):
    said = r"^iter1, new instructions: [1-9]\d? of 48 requests of synthesis_1, the last \d+ s ago"
    assert re.search(said, broken.status, re.MULTILINE)


ENDS = {
    "scancel": "CANCELLED",
    "kill -9": "FAILED",
    "time limit": "TIMEOUT",
    "node set down": "NODE_FAIL",
    "node without power": "NODE_FAIL",
}
"""How each kill of a job ends it, in SLURM's words."""


@pytest.mark.parametrize("how", [*ENDS, "Snakemake killed"])
def test_no_finished_batch_is_generated_again(broken, how):
    kills = [kill for kill in broken.kills if kill.how == how]
    assert any(kill.batches for kill in kills)
    for kill in kills:
        assert len(set(kill.batches)) == len(kill.batches)
        if kill.output is not None:
            assert kill.script.output.stat().st_ino == kill.output
        elif kill is [other for other in broken.kills if other.script.output == kill.script.output][-1]:
            assert batches_of_last_attempt(kill.script)["journal"] == len(kill.batches)


def test_sacct_saw_every_kill(broken, cluster):
    listed = cluster.ask(
        "sacct", "--duplicates", "--allocations", "--noheader", "--parsable2", "--format=JobIDRaw,State"
    )
    ended = {tuple(line.split(" ")[0].split("|")) for line in listed.splitlines()}
    for how, state in ENDS.items():
        assert {(kill.script.job, state) for kill in broken.kills if kill.how == how} <= ended, listed


def test_the_logs_that_an_error_names_are_there(broken):
    named = re.findall(r"^    log: (\S+), (\S*work/slurm_logs/\S+) \(check log", printed(broken.project), re.MULTILINE)
    assert named
    assert [file for pair in named for file in pair if not (broken.project.folder / file).is_file()] == []


def test_another_number_of_shards_generates_and_trains_nothing_again(cluster, broken, reference, tmp_path):
    project = broken.project.copy_to(tmp_path / "project")
    batches, trained = generated(project), checkpoints(project)
    assert all(batches.values())
    assert trained
    config = tiny_config()
    config["engine"]["shards"] = OTHER_SHARDS
    project.configure(config)
    finish(project, start(project, *ON_CLUSTER, MODEL))
    for step in batches:
        assert len(list((project.folder / step).glob(f"completions_*_of_{OTHER_SHARDS}.jsonl"))) == OTHER_SHARDS
    assert generated(project) == batches
    assert checkpoints(project) == trained
    for name in ROWS:
        file = f"{ITERATION}/{name}.jsonl"
        assert (project.folder / file).read_bytes() == (reference.folder / file).read_bytes()


def generated(project: Project) -> dict[str, list[str]]:
    """The fingerprints of all batches of each step, from all files of its journal."""
    return {
        str(journal.parent.relative_to(project.folder)): sorted(
            fingerprint for file in journal.glob("*.jsonl") for fingerprint in fingerprints(file)
        )
        for journal in project.folder.glob("work/tiny/iter1/*/journal")
    }


def checkpoints(project: Project) -> dict[str, int]:
    """When each file of the training's checkpoints was written, of those that another training would write anew."""
    files = project.folder.glob("work/tiny/iter1/checkpoints/*/**/*")
    return {str(file.relative_to(project.folder)): file.stat().st_mtime_ns for file in files if file.is_file()}


def batches_of_last_attempt(script: Script) -> dict[str, int]:
    """How many batches the job that finished computed, and how many it found in the journal, from its log."""
    name = script.output.stem.replace("completions", script.output.parent.name)
    log = (script.folder / ITERATION / f"logs/{name}.log").read_text()
    computed, of, journal = map(int, re.search(r"computed (\d+) of (\d+) units .* took (\d+)", log).groups())
    assert computed + journal == of
    return {"computed": computed, "journal": journal}
