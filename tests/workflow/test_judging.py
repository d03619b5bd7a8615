"""Judged quality in the graph: what is planned, by whom it is judged, what models share; and a small real run."""

import json
import re

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.report.benchmarks import read_judged
from tests.workflow.conftest import small_config

JUDGING_RULES = ("collect_pairwise", "collect_two_turns", "plan_pairwise_verdicts", "plan_turn_scores")


def configured(project, **judging):
    """Have every model of the small configuration judged; return the configuration."""
    config = {**small_config(), "iterations": 1, "judging": judging}
    project.configure(config)
    return config


def judges_of(project, *targets):
    """The manifests that verdicts are planned with, by the folder of their requests."""
    said = project.snakemake("-n", *targets).stdout
    jobs = re.findall(r"rule plan_pairwise_verdicts:\n +input: (.*)\n +output: (\S+)", said)
    assert jobs, said
    return {output: inputs for inputs, output in jobs}


def test_every_iteration_of_every_model_is_judged_where_that_is_asked_for_and_else_none(project):
    project.configure({**small_config(), "iterations": 1})
    assert not set(JUDGING_RULES) & set(project.jobs())
    said = project.snakemake("-n", "judged", check=False).stdout
    assert "error: no model of this configuration is judged; set judging: {} for it" in said and "Traceback" not in said
    configured(project)
    jobs = project.jobs("results/tiny/summary.json")
    assert [jobs[rule] for rule in JUDGING_RULES] == [2, 2, 2, 2]
    assert jobs["plan_turn"] == 4 and jobs["summary"] == 1
    configured(project, two_turns=None)
    assert [project.jobs()[rule] for rule in JUDGING_RULES] == [2, 0, 2, 0]
    said = project.snakemake("-n", "results/tiny/iter1/judged/two_turns.json", check=False).stdout
    assert "error: model tiny is not judged so; set judging.two_turns: for it" in said


def test_models_of_another_recipe_are_judged_alike(project):
    project.configure({**configured(project), "recipe": "fine_tuning"})
    assert [project.jobs("judged")[rule] for rule in JUDGING_RULES] == [2, 2, 2, 2]


def test_a_judge_is_the_base_or_another_model_or_one_of_its_own_with_its_own_engine(project):
    asked = "results/tiny/iter1/judged/pairwise.json"
    for judge, manifest in (("base", "results/tiny/iter0/"), ("other/iter1", "results/other/iter1/")):
        config = configured(project, judge=judge)
        config["models"]["other"] = {**config["models"]["tiny"], "seed": 7}
        project.configure(config)
        found = judges_of(project, asked)
        assert f"{manifest}merged/manifest.json" in found["work/tiny/iter1/pairwise_verdicts/requests.jsonl"]
    own = {"base": "config/models/tiny", "chat_template": "chatml"}
    configured(project, judge=own, engine={"name": "transformers", "dtype": "float32", "shards": 2})
    found = judges_of(project, asked)
    assert "results/beside/tiny-" in found["work/tiny/iter1/pairwise_verdicts/requests.jsonl"]
    planned = project.planned(asked)
    completed = [job.split("/")[-2:] for job in planned if job.startswith("complete: work/tiny/iter1/pairwise")]
    assert sorted(completed) == [
        ["pairwise_answers", "completions_1_of_1.jsonl"],
        ["pairwise_verdicts", "completions_1_of_2.jsonl"],
        ["pairwise_verdicts", "completions_2_of_2.jsonl"],
    ]
    assert {job.split(":")[0] for job in planned} >= {"fetch_beside", "prepare_beside"}


def test_models_with_another_judge_are_judged_apart_and_others_share(project):
    config = configured(project)
    arms = {
        "one": {},
        "again": {"training": {"save_steps": 7}},
        "chat": {"judging": {"format": "chat"}},
        "judged": {"judging": {"judge": "one/iter1"}},
    }
    config.update(variants={"tiny": {"arms": arms}}, default_model="one")
    project.configure(config)
    judged = [job for job in project.planned("judged") if job.startswith("collect_pairwise:")]
    folders = {job.split("results/")[1].split("/judged")[0] for job in judged}
    assert folders == {
        "one/iter0",
        "one/iter1",
        "again/iter1",
        "chat/iter0",
        "chat/iter1",
        "judged/iter0",
        "judged/iter1",
    }


def test_a_real_judge_judges_real_answers(project):
    questions = [{"instruction": "What is the plural of fox?", "output": "foxes"} for _ in range(2)]
    write_rows(project.folder / "questions.jsonl", questions)
    two = [{"question_id": 1, "category": "c", "turns": ["What is the plural of fox?", "And of dog?"]}]
    (project.folder / "two.json").write_text(json.dumps(two))
    quality = "config/prompts/tiny/assessment/quality.txt"
    configured(
        project,
        judge={"base": "config/models/tiny"},
        engine={"name": "transformers", "dtype": "float32", "cpu_threads": 1, "shards": 2},
        answers={"max_tokens": 12},
        pairwise={"questions": "questions.jsonl", "method": "ratings", "template": quality},
        two_turns={"questions": "two.json", "template": quality},
    )
    files = [f"results/tiny/iter0/judged/{name}" for name in ("pairwise.json", "two_turns.json")]
    project.snakemake("--cores", "2", *files)
    found, scores = (read_json(project.folder / file) for file in files)
    rows = list(read_rows(project.folder / "results/tiny/iter0/judged/pairwise.jsonl"))
    assert found["questions"] == 2 and found["unreadable"] == 0
    assert rows[0]["verdicts"].keys() == {"answer", "reference"} and rows[0]["output"] == rows[1]["output"] != ""
    judge = rows[0]["made_by"]["verdicts"]
    (folder,) = (project.folder / "results/beside").iterdir()
    assert judge["model"] == read_json(folder / "merged/manifest.json")["fingerprint"]
    assert scores["turns"]["2"]["number"] == 1 and 1 <= scores["score"]["mean"] <= 10
    in_summary = [read_judged(project.folder / file, 0).scores[0] for file in files]
    assert [score.value for score in in_summary] == [found["win_rate"]["share"], scores["score"]["mean"]]
    assert project.planned(*files) == {}
