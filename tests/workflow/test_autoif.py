"""AutoIF for real, on the tiny model: rows add up, functions verify answers, pairs come from both sides, kills leave no
trace."""

import os
import re
import shutil
import signal
from collections import Counter

import pytest
from safetensors.torch import load_file, save_file

from scripts.lib.models.manifest import read_manifest
from scripts.lib.rows.files import read_json
from scripts.lib.rows.verdicts import restored
from tests.conftest import ROOT, contents
from tests.processes import working_in
from tests.tiny_classifier import build_random_classifier
from tests.workflow.conftest import Project, configure_autoif, small_autoif_config, wait_for
from tests.workflow.stages import Stages

MODEL = "results/tiny_autoif"
FUNCTIONS = ("verifiers", "cross_validated", "back_translated", "consistent")
ANSWERS = ("prompts", "outputs", "rule_filtered", "evaluated", "score_filtered")
STAGES = {
    1: ("instructions", *FUNCTIONS, *ANSWERS, "training"),
    2: ("pairs", "training"),
    3: ("outputs", "rule_filtered", "pairs", "training"),
}
REJECTED = {"rule_filtered": "rule_rejected", "score_filtered": "score_rejected", "outputs": None, "evaluated": None}
"""What the rejected file of a stage is called, if not as the stage is; no answer is left out of these two."""


FILES = Stages(MODEL, REJECTED)
kept, rejected, counts, fingerprint = FILES.kept, FILES.rejected, FILES.counts, FILES.fingerprint


@pytest.mark.parametrize(("iteration", "stage"), [(number, stage) for number in STAGES for stage in STAGES[number]])
def test_rows_in_are_rows_kept_plus_rows_rejected_with_a_reason(followed, iteration, stage):
    FILES.check_rows_add_up(followed, iteration, stage)


def test_each_stage_takes_what_the_one_before_kept(followed):
    def ids(stage: str, iteration: int = 1) -> list[str]:
        return [row["id"] for row in kept(followed, iteration, stage)]

    def read(stage: str, iteration: int = 1) -> list[str]:
        return sorted(ids(stage, iteration) + [row["id"] for row in rejected(followed, iteration, stage)])

    assert read("verifiers") == sorted(f"{name}/{number}" for name in ids("instructions") for number in range(1, 5))
    for before, stage in zip(FUNCTIONS, FUNCTIONS[1:], strict=False):
        assert read(stage) == sorted(ids(before)), stage
    verified = dict.fromkeys(row["instruction_id"] for row in kept(followed, 1, "consistent"))
    asked = Counter(row["constraint_id"] for row in kept(followed, 1, "prompts"))
    assert asked == dict.fromkeys(verified, 3)
    for iteration in (1, 3):
        assert ids("outputs", iteration) == [f"{name}/{number}" for name in ids("prompts") for number in range(1, 5)]
        assert read("rule_filtered", iteration) == sorted(ids("outputs", iteration))
    assert ids("evaluated") == ids("rule_filtered")
    assert read("score_filtered") == sorted(ids("evaluated"))
    trained_on = {1: "score_filtered", 2: "pairs", 3: "pairs"}
    assert [counts(followed, n, "training")["in"] for n in trained_on] == [
        len(ids(trained_on[n], n)) for n in trained_on
    ]


def test_only_functions_that_were_tested_and_are_consistent_verify_answers(followed):
    functions = kept(followed, 1, "consistent")
    for row in functions:
        assert row["accuracy"] >= 0.9 and row["cases"]
        said = row["consistency"]
        assert said is None or max(said, key=said.get) != "contradiction"
    of = Counter(row["instruction_id"] for row in functions)
    for iteration in (1, 3):
        answers = kept(followed, iteration, "rule_filtered")
        answers += [restored(row, "") for row in rejected(followed, iteration, "rule_filtered")]
        assert all(sum(row["verdicts"].values()) == of[row["constraint_id"]] for row in answers)
        said = counts(followed, iteration, "rule_filtered")["verdicts"]
        assert sum(said.values()) == sum(of[row["constraint_id"]] for row in answers)


def test_pairs_have_an_answer_that_follows_and_one_that_does_not_to_one_prompt(followed):
    for iteration, source in ((2, 1), (3, 3)):
        accepted = {row["id"]: row for row in kept(followed, source, "rule_filtered")}
        accepted |= {row["id"]: restored(row, "") for row in rejected(followed, source, "rule_filtered")}
        pairs = kept(followed, iteration, "pairs")
        for pair in pairs:
            chosen, other = accepted[pair["chosen_id"]], accepted[pair["rejected_id"]]
            assert (chosen["output"], other["output"]) == (pair["output"], pair["rejected_output"])
            assert chosen["accuracy"] == pair["accuracy"] >= 0.5 and other["accuracy"] == 0
            assert chosen["prompt_id"] == other["prompt_id"] == pair["prompt_id"]
            assert chosen["instruction"] == other["instruction"] == pair["instruction"]
        assert max(Counter(pair["prompt_id"] for pair in pairs).values()) <= 4


def test_the_base_model_supervises_and_the_newest_one_answers_online(followed):
    models = [fingerprint(followed, number) for number in range(4)]
    assert len(set(models)) == 4
    made = [row["made_by"] for stage in STAGES[1][:-1] for row in kept(followed, 1, stage) if "made_by" in row]
    parts = {"instruction", "function", "back_translation", "consistency", "output", "score"}
    assert {part for makers in made for part in makers} == parts
    assert {maker["model"] for makers in made for maker in makers.values()} == {models[0]}
    assert {row["made_by"]["output"]["model"] for row in kept(followed, 3, "outputs")} == {models[2]}
    for iteration, answerer in ((2, 0), (3, 2)):
        makers = [maker for row in kept(followed, iteration, "pairs") for maker in row["made_by"].values()]
        assert {maker["model"] for maker in makers} == {models[answerer]}


def test_each_training_starts_from_the_model_before(followed):
    adapters = [read_json(followed.folder / MODEL / f"iter{number}/adapter/manifest.json") for number in (1, 2, 3)]
    assert [adapter["made_from"]["model"] for adapter in adapters] == [fingerprint(followed, n) for n in range(3)]
    assert ["beta" in adapter["made_from"]["settings"] for adapter in adapters] == [False, True, True]


def test_the_summary_has_every_stage_and_what_every_model_gets_right(followed):
    summary = read_json(followed.folder / MODEL / "summary.json")
    assert [found["label"] for found in summary["iterations"]] == ["SFT", "offline DPO", "online DPO 1"]
    for found, stages in zip(summary["iterations"], STAGES.values(), strict=True):
        assert [stage["name"] for stage in found["stages"]] == list(stages)
    asked = [(result["iteration"], result["format"]) for result in summary["held_out"]]
    assert asked == [(0, "base"), (0, "chat"), (1, "chat"), (2, "chat"), (3, "chat")]


def test_status_shows_every_stage_of_all_iterations(followed):
    said = followed.command("scripts.status").stdout
    lines = {cells[0]: cells[1:] for line in said.splitlines() if (cells := re.split(r"\s{2,}", line.strip()))}

    def done(iteration: int, stage: str) -> str:
        found = counts(followed, iteration, stage)
        return f"{found['kept']} of {found['in']}"

    assert lines["tiny_autoif"] == ["base", "SFT", "offline DPO", "online DPO 1"]
    assert lines["functions consistent"] == [done(1, "consistent"), "-", "-"]
    assert lines["verified"] == [done(1, "rule_filtered"), "-", done(3, "rule_filtered")]
    assert lines["pairs"] == ["-", done(2, "pairs"), done(3, "pairs")]
    assert lines["model"] == ["done"] * 4


def test_nothing_is_planned_after_a_finished_run(followed):
    assert followed.planned() == {}


@pytest.fixture
def other(followed, tmp_path) -> Project:
    """A copy of the finished run, to change something in."""
    return followed.copy_to(tmp_path / "project")


def test_another_model_supervises_and_a_classifier_tells_what_contradicts(other):
    """From strong to weak: both lie beside the entry, are proven once, and have made what they are said to."""
    supervisor = other.folder / "strong"
    shutil.copytree(ROOT / "config/models/tiny_autoif", supervisor)
    weights = load_file(supervisor / "model.safetensors")
    save_file({name: 1.0001 * weight for name, weight in weights.items()}, supervisor / "model.safetensors")
    build_random_classifier(other.folder / "inference", says="neutral")
    config = small_autoif_config()
    config["autoif"]["supervisor"] = {"base": "strong"}
    config["autoif"]["consistency"] = {"by": "classifier", "classifier": {"base": "inference"}}
    configure_autoif(other, config)
    other.snakemake("--cores", "2", f"{MODEL}/iter1/adapter/manifest.json")
    folders = (other.folder / "results/beside").iterdir()
    models = {each.name.partition("-")[0]: read_manifest(each / "merged/manifest.json").fingerprint for each in folders}
    consistent = kept(other, 1, "consistent")
    assert consistent and all(row["consistency"]["neutral"] > 0.99 for row in consistent if row["consistency"])
    makers = [row["made_by"] for row in kept(other, 1, "score_filtered")]
    assert {maker["model"] for made in makers for maker in made.values()} == {models["strong"]}
    assert {row["made_by"]["consistency"]["model"] for row in consistent} == {models["inference"]}


def test_a_training_on_pairs_that_is_killed_goes_on_and_leaves_the_same_bytes(other):
    before = contents(other.folder / MODEL / "iter2/adapter")
    shutil.rmtree(other.folder / MODEL / "iter2/adapter")
    shutil.rmtree(other.folder / "work/tiny_autoif/iter2/checkpoints")
    target = f"{MODEL}/iter2/adapter/manifest.json"
    running = other.start("--cores", "2", target)
    checkpoints = other.folder / "work/tiny_autoif/iter2/checkpoints"
    wait_for(lambda: any(checkpoints.glob("checkpoint-*/whole.json")), running, 600)
    for process, command in working_in(other.folder):
        if "scripts.train_preferences" in command:
            os.kill(process, signal.SIGKILL)
    assert running.wait(timeout=600) != 0
    other.snakemake("--cores", "2", target)
    after = contents(other.folder / MODEL / "iter2/adapter")
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name] and name != "training_log.jsonl"] == []


def test_other_bars_of_verification_plan_what_follows_and_no_functions(other):
    config = small_autoif_config()
    config["autoif"]["verification"] = {"threshold": 0.9}
    configure_autoif(other, config)
    jobs = other.jobs()
    assert jobs["verify_responses"] == 2 and jobs["make_pairs"] == 2 and jobs["train_preferences"] == 2
    assert not {job for job in jobs if "verifiers" in job or "instructions" in job or "responding" in job}
