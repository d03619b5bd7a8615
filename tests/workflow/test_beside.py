"""Models beside an entry in the graph: who supervises, what that one runs with, and who waits for whom."""

import pytest

from tests.workflow.conftest import small_config

TRAINED = "results/tiny/iter1/merged/manifest.json"
STEPS = ("instructions_1", "verifiers", "back_translation", "consistency", "responding", "scoring")
"""Those in which the supervisor is asked."""


@pytest.fixture
def supervised(project):
    """A function that gives the jobs planned for a model of AutoIF with some of its settings: {output: reason}."""

    def planned(**autoif) -> dict[str, str]:
        config = {**small_config(), "recipe": "autoif", "iterations": 2, "autoif": autoif}
        del config["isheep"]
        config["models"]["other"] = {
            **config["models"]["tiny"],
            "seed": 7,
            "autoif": {"supervisor": "base", "supervisor_engine": None},
        }
        project.configure(config)
        return project.planned(TRAINED)

    return planned


def shards_of(planned: dict[str, str]) -> dict[str, list[str]]:
    """The shards planned for each step of the first iteration."""
    outputs = [job.split(": work/tiny/iter1/")[1] for job in planned if job.startswith("complete: work/tiny/iter1/")]
    shards: dict[str, list[str]] = {}
    for step, file in (output.split("/") for output in sorted(outputs)):
        shards.setdefault(step, []).append(file)
    return shards


def test_another_entrys_model_supervises_with_an_engine_of_its_own_once_it_is_trained(supervised):
    planned = supervised(supervisor="other/iter1", supervisor_engine={"name": "transformers", "shards": 2})
    assert "merge_adapter: results/other/iter1/merged/manifest.json" in planned
    two = ["completions_1_of_2.jsonl", "completions_2_of_2.jsonl"]
    assert shards_of(planned) == dict.fromkeys(sorted(STEPS), two)
    assert not any(job.startswith("complete: work/other/iter1/") and "_of_2" in job for job in planned)


def test_a_supervisor_of_its_own_is_proven_first_and_the_model_beside_which_it_stands_is_trained(supervised):
    planned = supervised(supervisor={"base": "config/models/tiny", "chat_template": "chatml"})
    (proven,) = (job for job in planned if job.startswith("prepare_beside: "))
    assert "results/beside/tiny-" in proven
    assert f"prepare_base: {TRAINED.replace('iter1', 'iter0')}" in planned
    reasons = [reason for job, reason in planned.items() if job.startswith("complete: work/tiny/iter1/")]
    assert len(reasons) == len(STEPS) and all(proven.split(": ")[1] in reason for reason in reasons)


def test_a_classifier_is_proven_as_one_and_takes_the_supervisors_place_in_one_step(supervised):
    classifier = {"by": "classifier", "classifier": {"base": "config/models/tiny"}}
    planned = supervised(consistency=classifier, supervisor_engine={"shards": 2})
    (proven,) = (job for job in planned if job.startswith("prepare_classifier: results/beside/tiny-"))
    told = "classify_consistency: work/tiny/iter1/consistency/classified.jsonl"
    assert proven.split(": ")[1] in planned[told]
    (reason,) = (planned[job] for job in planned if job.startswith("collect_consistency: results/tiny/"))
    assert told.split(": ")[1] in reason
    assert sorted(shards_of(planned)) == sorted({*STEPS} - {"consistency"})
    assert not any(job.startswith(("prepare_beside", "plan_consistency")) for job in planned)
