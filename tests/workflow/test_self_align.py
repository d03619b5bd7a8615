"""SELF-ALIGN for real, on the tiny model: rows add up, thoughts are kept and not trained on, kills leave no trace."""

import os
import re
import signal

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.processes import working_in
from tests.workflow.conftest import Project, configure_self_align, small_config, small_self_align_config, wait_for
from tests.workflow.stages import Stages

MODEL = "results/tiny_self_align"
ONCE = ("topics", "questions", "prompts")
WRITTEN = ("instructions", *ONCE, "outputs", "rule_filtered")
STAGES = {1: (*WRITTEN, "training"), 2: ("outputs", "rule_filtered", "training")}
REJECTED = {"rule_filtered": "rule_rejected", "outputs": None}
"""What the rejected file of a stage is called, if not as the stage is; no reply is left out of the outputs."""

REPLYING = {"plan_replying", "collect_replying", "reply_filter", "plan_held_out_principles", "read_replies"}
REPLYING |= {"grade_held_out_principles"}


FILES = Stages(MODEL, REJECTED)
kept, rejected, counts, fingerprint = FILES.kept, FILES.rejected, FILES.counts, FILES.fingerprint


@pytest.mark.parametrize(("iteration", "stage"), [(number, stage) for number in STAGES for stage in STAGES[number]])
def test_rows_in_are_rows_kept_plus_rows_rejected_with_a_reason(self_aligned, iteration, stage):
    FILES.check_rows_add_up(self_aligned, iteration, stage)


def test_each_stage_takes_what_the_one_before_kept(self_aligned):
    ids = {
        (number, stage): [row["id"] for row in kept(self_aligned, number, stage)]
        for number, stages in STAGES.items()
        for stage in stages[:-1]
    }
    fallen = {key: [row["id"] for row in rejected(self_aligned, *key)] for key in ids}
    assert sorted(ids[1, "prompts"] + fallen[1, "prompts"]) == sorted(ids[1, "instructions"] + ids[1, "questions"])
    assert ids[1, "outputs"] == ids[1, "prompts"]
    assert ids[2, "outputs"][: len(ids[1, "prompts"])] == ids[1, "prompts"]
    for number in STAGES:
        assert sorted(ids[number, "rule_filtered"] + fallen[number, "rule_filtered"]) == sorted(ids[number, "outputs"])
        identity = len(list(read_rows(self_aligned.folder / MODEL / "identity.jsonl"))) if number == 1 else 0
        assert counts(self_aligned, number, "training")["in"] == len(ids[number, "rule_filtered"]) + identity


def test_thoughts_are_kept_and_never_trained_on(self_aligned):
    thinking = [row for row in kept(self_aligned, 1, "outputs") if row["thought"] and row["output"]]
    assert thinking and any(row["rules"] for row in thinking)
    assert all(row["completion"].strip().startswith(row["thought"]) for row in thinking)
    for row in kept(self_aligned, 1, "rule_filtered"):
        assert row["thought"] not in row["output"] and "Tiny:" not in row["output"]
        assert "(internal thoughts)" not in row["instruction"] + row["input"] + row["output"]


def test_the_base_model_writes_and_replies_and_the_engraved_one_replies_at_length(self_aligned):
    base, engraved = fingerprint(self_aligned, 0), fingerprint(self_aligned, 1)
    makers = {row["made_by"]["topic"]["model"] for row in kept(self_aligned, 1, "topics") if "made_by" in row}
    assert makers == {base}
    for iteration, teacher in ((1, base), (2, engraved)):
        for row in kept(self_aligned, iteration, "rule_filtered"):
            made = {part: maker["model"] for part, maker in row["made_by"].items()}
            assert made["output"] == teacher
            assert {model for part, model in made.items() if part != "output"} <= {base}
    adapters = [read_json(self_aligned.folder / MODEL / f"iter{number}/adapter/manifest.json") for number in (1, 2)]
    assert [adapter["made_from"]["model"] for adapter in adapters] == [base, base]


def test_the_summary_has_every_stage_and_the_measures_of_every_model(self_aligned):
    summary = read_json(self_aligned.folder / MODEL / "summary.json")
    assert [found["label"] for found in summary["iterations"]] == ["engraved", "verbose"]
    for found, stages in zip(summary["iterations"], STAGES.values(), strict=True):
        assert [stage["name"] for stage in found["stages"]] == list(stages)
    asked = [(result["iteration"], result["format"]) for result in summary["held_out"]]
    assert asked == [(0, "base"), (0, "chat"), (0, "principles"), (1, "chat"), (2, "chat")]
    for result in summary["held_out"]:
        assert set(result["measures"]) == {"right", "right_at_length", "honest", "over_refusal", "words"}
    said = (self_aligned.folder / MODEL / "summary.txt").read_text()
    assert all(name in said for name in ("engraved", "verbose", "honest where"))


def test_status_shows_every_stage_of_both_iterations(self_aligned):
    said = self_aligned.command("scripts.status").stdout
    lines = {cells[0]: cells[1:] for line in said.splitlines() if (cells := re.split(r"\s{2,}", line.strip()))}

    def done(iteration: int, stage: str) -> str:
        found = counts(self_aligned, iteration, stage)
        return f"{found['kept']} of {found['in']}"

    assert lines["tiny_self_align"] == ["base", "engraved", "verbose"]
    assert lines["instructions"] == [f"{counts(self_aligned, 1, 'instructions')['kept']} of 16", "-"]
    assert [lines[stage] for stage in ONCE] == [[done(1, stage), "-"] for stage in ONCE]
    assert lines["answered"] == [done(1, "outputs"), done(2, "outputs")]
    assert lines["kept by rules"] == [done(1, "rule_filtered"), done(2, "rule_filtered")]
    assert lines["model"] == ["done", "done", "done"]


def test_three_shards_and_killed_jobs_give_the_same_bytes(self_aligned, project):
    config = small_self_align_config()
    config["engine"]["shards"] = 3
    configure_self_align(project, config)
    target = f"{MODEL}/iter1/rule_filtered.jsonl"
    for step in ("topics_1", "replying"):
        kill_while_generating(project, step, target)
    project.snakemake("--cores", "2", target)
    for stage in WRITTEN:
        file = f"{MODEL}/iter1/{stage}.jsonl"
        assert (project.folder / file).read_bytes() == (self_aligned.folder / file).read_bytes(), file


def kill_while_generating(project: Project, step: str, target: str) -> None:
    """Kill a step's jobs, without a warning, as soon as its journal holds something."""
    running = project.start("--cores", "2", target)
    journals = f"work/tiny_self_align/iter1/{step}/journal/*"
    wait_for(lambda: any(path.stat().st_size for path in project.folder.glob(journals)), running, 300)
    for process, command in working_in(project.folder):
        if "scripts.complete" in command:
            os.kill(process, signal.SIGKILL)
    assert running.wait(timeout=300) != 0


@pytest.fixture
def other(self_aligned, tmp_path) -> Project:
    """A copy of the finished run, to change something in."""
    return self_aligned.copy_to(tmp_path / "project")


def test_nothing_is_planned_after_a_finished_run(self_aligned):
    assert self_aligned.planned() == {}


def test_changed_principles_plan_replies_and_what_follows_and_no_prompts(other):
    file = other.folder / "config/prompts/tiny/self_align/principles.txt"
    file.write_text(file.read_text().replace("Use few words.", "Use few words, and short ones."))
    jobs = other.jobs()
    assert set(jobs) >= {*REPLYING, "train_adapter", "plan_verbose", "summary"}
    before = {"prepare_base", "collect_seeds", "finish_instructions", "finish_topics", "plan_topics", "plan_questions"}
    assert not set(jobs) & {*before, "collect_questions", "merge_prompts", "collect_identity"}
    assert jobs["train_adapter"] == 2


def test_a_third_iteration_is_refused_in_a_line(project):
    configure_self_align(project, {**small_self_align_config(), "iterations": 3})
    done = project.snakemake("-n", check=False)
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert "the recipe 'self_align' has no more than 2, not 3; set iterations: 2" in done.stdout


def test_given_prompts_are_cleaned_and_none_is_written(project):
    config = small_self_align_config()
    config["self_align"]["prompts"] = {"files": ["given.jsonl"]}
    write_rows(project.folder / "given.jsonl", [{"id": "1", "instruction": "Name a colour."}])
    configure_self_align(project, config)
    jobs = set(project.jobs())
    assert {"clean_prompts", "plan_replying", "plan_verbose", "train_adapter"} <= jobs
    assert not {job for job in jobs if "topics" in job or "questions" in job or "synthesis" in job}
    assert "merge_prompts" not in jobs


def test_models_of_two_recipes_stand_in_one_configuration_and_share_their_seeds_alone(project):
    """Both have files of the same names, such as outputs.jsonl: each model's are made by its own recipe's rules."""
    config = small_self_align_config()
    isheep = small_config()
    config["isheep"] = isheep["isheep"]
    config["models"]["tiny"] = {**isheep["models"]["tiny"], "recipe": "isheep", "iterations": 2}
    configure_self_align(project, config)
    planned = project.planned()
    alone = {name: set(project.planned(f"results/{name}/summary.json")) for name in config["models"]}
    assert alone["tiny"] | alone["tiny_self_align"] == set(planned)
    assert {job.split(":")[0] for job in alone["tiny"] & alone["tiny_self_align"]} == {"collect_seeds"}
    makers = {
        (name, rule)
        for name, jobs in alone.items()
        for rule, files in (job.split(": ", 1) for job in jobs)
        if f"results/{name}/iter1/outputs.jsonl" in files or f"results/{name}/iter1/rule_filtered.jsonl" in files
    }
    assert makers == {
        ("tiny", "collect_answering"), ("tiny", "rule_filter"),
        ("tiny_self_align", "collect_replying"), ("tiny_self_align", "reply_filter"),
    }  # fmt: skip
