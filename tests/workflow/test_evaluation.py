"""A benchmark as a target: its data, its requests, the model's answers and its scores, for the base model."""

from importlib.util import find_spec

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows
from scripts.report.benchmarks import read_benchmark
from tests.unit.evaluation_tasks import choices_task
from tests.workflow.conftest import small_config

if not find_spec("lm_eval"):
    pytest.skip("lm-eval is not installed: make evaluation does it", allow_module_level=True)


@pytest.fixture
def benchmark(project, tmp_path):
    """A project that asks every model about one task, of which only two documents."""
    evaluation = {"tasks": [choices_task(tmp_path)], "num_fewshot": {"choices": 1}, "limit": 2}
    project.configure({**small_config(), "evaluation": evaluation})
    return project


def test_every_iteration_is_asked_and_the_data_are_exported_once(benchmark):
    jobs = benchmark.jobs("results/tiny/summary.json")
    assert (jobs["export_data"], jobs["plan_task"], jobs["score_task"]) == (1, 3, 3)
    shown = benchmark.snakemake("-n", "-p", "all").stdout.splitlines()
    planned = sorted(line[line.index("--model") :] for line in shown if "evaluation.plan_task" in line)
    assert [line.split()[3] for line in planned] == ["base", "chat", "chat"]


@pytest.mark.parametrize(("run", "models"), [("isheep-qwen1.5-72b", 7), ("isheep-llama3-70b", 4)])
def test_the_benchmarks_of_the_paper_are_planned_for_every_iteration_of_its_runs(project, run, models):
    files = [f"config/paper/{name}.yaml" for name in (run, "benchmarks")]
    jobs = project.jobs("--configfile", *files, "--", "results/figures/metrics.md")
    assert (jobs["export_data"], jobs["plan_task"], jobs["score_task"]) == (9, 9 * models, 9 * models)


def test_scores_lie_beside_what_was_answered_and_are_not_made_twice(benchmark, tmp_path):
    target = "results/tiny/iter0/evaluation/choices.json"
    benchmark.snakemake("--cores", "2", target)
    scores = read_json(benchmark.folder / target)
    assert scores["documents"] == 2 and scores["metrics"]["choices"].keys() >= {"acc", "acc_norm"}
    assert scores["num_fewshot"] == {"choices": 1} and scores["made_by"][0]["template"] == "base"
    main, *_ = read_benchmark(benchmark.folder / target, 0).scores
    assert (main.title, main.value) == ("choices (1-shot): acc", scores["metrics"]["choices"]["acc"])
    assert (main.unit, main.total, main.higher_is_better) == ("share", 2, True)
    rows = list(read_rows((benchmark.folder / target).with_suffix(".jsonl")))
    assert [row["id"] for row in rows] == ["choices/000000", "choices/000001"]
    assert benchmark.jobs(target) == {}
    asked = tmp_path / "asked.jsonl"
    asked.write_text(asked.read_text().replace("?", "??", 1))
    assert benchmark.jobs(target) == {"export_data": 1, "plan_task": 1, "complete": 1, "score_task": 1}
