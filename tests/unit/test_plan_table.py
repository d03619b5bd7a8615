"""What a plan says in few lines: cells of its table, and why jobs run again."""

import os

import pytest
import yaml

from scripts.configuration import read_config_files
from scripts.lib.rows.files import write_json
from scripts.lib.run.attempts import attempts_at
from scripts.lib.run.dry_run import PlannedJob
from scripts.lib.run.plan_tables import Plan
from scripts.lib.run.reasons import summed_up

BY_ANOTHER_JOB = "Input files updated by another job: results/strict/iter1/outputs.jsonl"
PARAMS = "Params have changed since last execution: Union of exclusive params before and now across all output:"


def job(rule: str, *outputs: str, reason: str = BY_ANOTHER_JOB) -> PlannedJob:
    return PlannedJob(rule, outputs, reason)


@pytest.fixture
def plan(tmp_path):
    """A function that makes the plan of jobs for two thresholds, which share all but what they select."""
    arms = {"strict": {}, "loose": {"isheep": {"selection": {"threshold": 6}}}}
    config = {
        "default_model": "strict",
        "models": {"mine": {"base": "somewhere"}},
        "variants": {"mine": {"arms": arms}},
        "iterations": 1,
        "isheep": {"synthesis": {"target": 100}},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    _, sharing = read_config_files([tmp_path / "config.yaml"])
    return lambda *jobs: Plan(sharing, jobs, tmp_path)


def cells(plan: Plan, name: str) -> dict[str, list[str]]:
    """The cells of a model's table by the titles of their lines."""
    return {line[0]: line[1:] for line in plan.table(plan.sharing.models[name])}


def test_all_shards_and_what_plans_and_collects_them_are_one_cell(plan):
    shards = [job("complete", f"work/strict/iter1/synthesis_2/completions_{n}_of_9.jsonl") for n in range(1, 10)]
    planned = plan(*shards, job("finish_synthesis", "results/strict/iter1/prompts.jsonl"))
    assert cells(planned, "strict")["new instructions"] == ["", "to make (10 jobs, 100 rows)"]
    assert planned.wanted() == {"new instructions": 100}
    assert [model.name for model in planned.models()] == ["strict"]


def test_what_is_there_is_reused_what_another_owns_is_shared_and_what_nobody_asked_for_is_no_line(plan, tmp_path):
    write_json(tmp_path / "results/strict/iter0/merged/manifest.json", {})
    write_json(tmp_path / "results/strict/iter1/outputs.jsonl", {})
    write_json(tmp_path / "results/strict/iter1/counts/outputs.json", {"in": 90, "kept": 90})
    planned = plan(*(job("score_filter", f"results/{name}/iter1/score_filtered.jsonl") for name in ("strict", "loose")))
    assert cells(planned, "strict") == {
        "strict": ["base", "iter1"],
        "answered": ["", "reused (90 rows)"],
        "kept by selection": ["", "to make (1 job)"],
        "model": ["reused", "-"],
    }
    assert cells(planned, "loose") == {
        "loose": ["base", "iter1"],
        "answered": ["", "shared → strict"],
        "kept by selection": ["", "to make (1 job)"],
        "model": ["shared → strict", "-"],
    }


def test_links_and_tables_are_no_stage_of_a_model(plan):
    planned = plan(
        job("shared", "results/loose/iter1/prompts.jsonl"),
        job("default_merged", "results/iter1/merged"),
        job("summary", "results/strict/summary.txt"),
        job("fetch_base", "work/strict/iter0/fetched.json"),
    )
    assert planned.others == {"shared": 1, "default_merged": 1, "summary": 1}
    assert cells(planned, "strict")["model"] == ["to make (1 job)", "-"]


def test_hours_are_those_of_earlier_attempts_at_the_same_steps(plan, tmp_path):
    planned = plan(job("complete", "work/strict/iter1/answering/completions_1_of_1.jsonl"))
    assert not planned.earlier_hours()
    for step, gpus in (("answering", 2), ("assessment_1", 1)):
        file = attempts_at(tmp_path / f"work/strict/iter1/{step}/journal") / "host_1_0.json"
        write_json(file, {"began": 0.0, "gpus": gpus, "cores": 1})
        os.utime(file, (3600, 3600))
    assert str(planned.earlier_hours()) == "2.00 GPU hours"
    assert cells(planned, "strict")["answered"] == ["", "to make (1 job, took 2.00 GPU hours before)"]


def test_reasons_are_grouped_and_the_shortest_stands_first():
    threshold = f"{PARAMS} before: '--by scores --threshold 8.0' now: '--by scores --threshold 7.0' "
    module = f"{PARAMS} before: 'rows.novelty@abcdef' now: 'rows.novelty@123456' ; {BY_ANOTHER_JOB}"
    jobs = [
        job("score_filter", "a", reason=threshold),
        *(job("collect_synthesis", "b", reason=module) for _ in range(2)),
        job("complete", "c", reason="Updated input files: config/prompts/a.txt, config/b.txt"),
        job("complete", "d", reason=f"Missing output files: d; {BY_ANOTHER_JOB}"),
    ]
    assert summed_up(jobs) == [
        "not made yet: complete (1 job)",
        "code changed: rows.novelty (2 jobs)",
        "input updated by another job: collect_synthesis (2 jobs)",
        "input changed: config/b.txt, config/prompts/a.txt (1 job)",
        "params changed: score_filter (--threshold 8.0 → 7.0) (1 job)",
    ]


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        ("<nothing exclusive>", "'--cutoff 9'", "params changed: train (--cutoff unset → 9) (1 job)"),
        ("'--eager'", "<nothing exclusive>", "params changed: train (--eager set → unset) (1 job)"),
        ("1", "2", "params changed: train (1 job)"),
        ("'it\\'s; \"a\"','--x 1'", "\"it's\",'--x 2'", "params changed: train (--x 1 → 2) (1 job)"),
        ("not a list of texts", "'", "params changed: train (1 job)"),
    ],
)
def test_params_of_any_kind_are_told(before, now, line):
    assert summed_up([job("train", "a", reason=f"{PARAMS} before: {before} now: {now} ")]) == [line]


def test_a_line_names_a_few_and_counts_the_others():
    jobs = [job(f"rule_{number}", "a") for number in range(9)]
    assert summed_up(jobs) == ["input updated by another job: rule_0, rule_1, rule_2 and 6 more (9 jobs)"]
