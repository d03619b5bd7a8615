"""What `make plan` says of a real run: the same jobs as a dry run, in a page."""

import re
import subprocess

import pytest

from tests.workflow.conftest import Project, small_config


def plan(project: Project, *arguments: str) -> str:
    return project.command("scripts.plan", *arguments).stdout


def jobs_in_tables(said: str) -> int:
    """The sum of all jobs in the cells of the tables."""
    return sum(map(int, re.findall(r"to make \((\d+) jobs?", said)))


def test_after_a_finished_run_there_is_nothing_to_be_done(finished):
    assert plan(finished).startswith("nothing to be done")


def test_another_threshold_is_told_in_a_page_with_its_reason_and_what_it_took_before(rerun):
    config = small_config()
    config["isheep"]["selection"]["threshold"] = 5.5
    rerun.configure(config)
    said = plan(rerun)
    lines = said.splitlines()
    assert len(lines) <= 40
    (reason,) = (line for line in lines if "params changed" in line)
    assert reason == "  params changed: score_filter (--threshold 6.0 → 5.5) (1 job)"
    assert re.search(r"^assessed +reused \(\d+ rows\) +to make", said, re.MULTILINE)
    assert re.search(
        r"^new instructions +reused \(60 rows\) +to make \(\d+ jobs, 60 rows, took [\d.]+ core", said, re.MULTILINE
    )
    assert re.search(r"^wanted: 60 new instructions$", said, re.MULTILINE)
    assert re.search(r"^all earlier attempts at these steps and trainings took [\d.]+ core (minutes|hours)$", lines[-1])
    planned = len(rerun.planned())
    assert f"in all: {planned} jobs, of which in no table: summary" in lines
    assert jobs_in_tables(said) == planned - 1


def test_a_plan_of_some_files_with_a_profile_counts_each_shard(project):
    config = small_config()
    config["engine"]["shards"] = 7
    project.configure(config)
    said = plan(project, "--profile", "slurm", "results/iter1/merged")
    assert re.search(r"^answered +to make \(9 jobs\) +- *$", said, re.MULTILINE)
    assert "wanted: 60 new instructions" in said
    assert "took" not in said
    assert not (project.folder / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_file"], "No rule to produce no_such_file"),
        (["--configfile", "config/none.yaml"], "config/none.yaml"),
        (["--profile", "nowhere"], "profile"),
    ],
)
def test_what_cannot_be_planned_is_said_in_one_line(project, arguments, message):
    with pytest.raises(subprocess.CalledProcessError) as failed:
        plan(project, *arguments)
    (line,) = failed.value.stderr.splitlines()
    assert line.startswith("error: ") and message in line


def test_each_problem_of_a_configuration_has_a_line_of_its_own(project):
    config = small_config()
    config["models"]["tiny"] |= {"seeds": ["config/none.jsonl"], "chat_template": "config/none.jinja"}
    project.configure(config)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        plan(project)
    first, *problems = failed.value.stderr.splitlines()
    assert first == "error: Snakemake cannot plan this:"
    assert [problem.split(": ")[:3] for problem in problems] == [
        ["  models.tiny", "chat_template", "config/none.jinja"],
        ["  models.tiny", "seeds", "config/none.jsonl"],
    ]
