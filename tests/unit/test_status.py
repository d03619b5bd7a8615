"""What scripts.status says of a run, from the files that jobs have written so far."""

import os
import re
import time

import pytest
import yaml

from scripts import status
from scripts.lib.errors import UserError
from scripts.lib.rows.files import write_json
from scripts.lib.rows.jsonl import json_line, write_rows
from scripts.lib.run.attempts import attempt, hours

CONFIG = {
    "default_model": "mine",
    "models": {"mine": {"base": "somewhere", "held_out": {"tasks": "tasks.jsonl", "grader": "grade"}}},
    "iterations": 2,
    "engine": {"shards": 2},
    "isheep": {"synthesis": {"target": 100}},
}


BAR = "\rtransformers:  50%|#####     | {done}/{of} [00:10<00:10, {pace}]"


def ids(*numbers: int) -> list[dict]:
    return [{"id": f"row-{number}"} for number in numbers]


def journal(*units: list[dict]) -> str:
    return "".join(json_line({"fingerprint": "f", "rows": unit}) for unit in units)


@pytest.fixture
def printed(tmp_path, capsys):
    """Return a function that runs the script and returns the lines of each model by its name."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))

    def run() -> dict[str, list[str]]:
        arguments = ["--configfile", str(tmp_path / "config.yaml"), "--folder", str(tmp_path)]
        status.main(status.parser().parse_args(arguments))
        tables = [table.splitlines() for table in capsys.readouterr().out.strip().split("\n\n")]
        return {table[0].split()[0]: table for table in tables}

    return run


@pytest.fixture
def shown(printed):
    """Return a function that runs the script and returns the lines of a model's table by title, a bar between cells."""

    def run(model: str = "mine") -> dict[str, str]:
        lines = [re.split(r"  +", line.strip(), maxsplit=1) for line in printed()[model]]
        return {line[0]: re.sub("  +", " | ", line[1]) for line in lines if len(line) == 2}

    return run


@pytest.fixture
def beneath(printed):
    """Return a function that runs the script and returns what stands beneath a model's table."""

    def run(model: str = "mine") -> list[str]:
        lines = printed()[model]
        last = max(
            number
            for number, line in enumerate(lines)
            if line.startswith(("held-out tasks", "benchmark", "judged", "GPU", "core"))
        )
        return lines[last + 1 :]

    return run


def test_nothing_is_there_before_the_first_job(shown):
    lines = shown()
    assert lines["mine"] == "base | iter1 | iter2"
    assert lines["new instructions"] == "- | -"
    assert lines["model"] == "- | - | -"


def test_finished_stages_show_their_rows_and_running_ones_what_their_shards_have_journalled(tmp_path, shown, beneath):
    results, work = (tmp_path / name / "mine/iter1" for name in ("results", "work"))
    write_json(tmp_path / "results/mine/iter0/merged/manifest.json", {})
    write_json(results / "counts/prompts.json", {"in": 150, "kept": 90, "rejected": {"near": 60}})
    write_rows(work / "answering/requests.jsonl", ids(*range(90)))
    write_rows(work / "answering/completions_1_of_2.jsonl", ids(*range(45)))
    (work / "answering/journal").mkdir()
    (work / "answering/journal/1_of_2.jsonl").write_text(journal(ids(*range(45))))
    (work / "answering/journal/3_of_5.jsonl").write_text(journal(ids(44, 50)))
    torn = journal(ids(50, 51), ids(52), ids(52)) + '{"fingerprint": "f", "rows": [{"id"'
    (work / "answering/journal/2_of_2.jsonl").write_text(torn)
    lines = shown()
    assert lines["new instructions"] == "90 of 100 | -"
    assert lines["answered"] == "begun | -"
    (said,) = beneath()
    assert re.fullmatch(r"iter1, answered: 48 of 90 requests of answering, the last \d+ s ago", said)
    assert lines["kept by rules"] == "- | -"
    assert lines["model"] == "done | - | -"


def test_rows_of_an_earlier_plan_do_not_count(tmp_path, shown, beneath):
    step = tmp_path / "work/mine/iter1/synthesis_2"
    own = step / "journal/1_of_2.jsonl"
    write_rows(step / "requests.jsonl", ids(1, 2, 3))
    own.parent.mkdir()
    own.write_text(journal(ids(1, 2)))
    os.utime(own, (0, 0))
    assert shown()["new instructions"] == "begun | -"
    assert beneath() == ["iter1, new instructions: 0 of 3 requests of synthesis_2"]
    with own.open("a") as stream:
        stream.write(journal(ids(3), ids(4)))
    write_rows(step / "requests.jsonl", ids(3, 4, 5))
    os.utime(step / "requests.jsonl", (0, 0))
    assert beneath()[0].startswith("iter1, new instructions: 2 of 3 requests of synthesis_2, the last ")


def test_a_running_generation_shows_its_pace_in_tokens_and_the_time_left(tmp_path, beneath):
    step, logs = tmp_path / "work/mine/iter2/answering", tmp_path / "results/mine/iter2/logs"
    write_rows(step / "requests.jsonl", ids(*range(100)))
    (step / "journal").mkdir()
    written = [{**row, "output_tokens": 50} for row in ids(*range(40))]
    (step / "journal/1_of_2.jsonl").write_text(journal(written))
    logs.mkdir(parents=True)
    (logs / "answering_1_of_2.log").write_text("engine\n" + BAR.format(done=1, of=50, pace="9.00row/s") * 2)
    (logs / "answering_2_of_2.log").write_text(BAR.format(done=7, of=50, pace=" 2.00s/row"))
    assert beneath()[0].endswith(" s ago, 475 tokens per second, 6 s left")
    (logs / "answering_2_of_2.log").write_text(BAR.format(done=50, of=50, pace="2.00row/s"))
    assert beneath()[0].endswith(" s ago, 450 tokens per second, 7 s left")
    os.utime(logs / "answering_1_of_2.log", (0, 0))
    assert beneath()[0].endswith(" s ago")


def test_a_failed_step_shows_its_error_and_its_log(tmp_path, beneath):
    logs = tmp_path / "results/mine/iter1/logs"
    logs.mkdir(parents=True)
    failed = "loading\nerror: no row is left\ntorchrun: a process failed\n"
    (logs / "train_adapter.log").write_text(failed)
    (logs / "merge_adapter.log").write_text("an error: none\nmerged -> manifest.json\n")
    (logs / "answering_2_of_2.log").write_text("error: no memory\n")
    (logs / "answering_2_of_3.log").write_text("error: of a run in three shards\n")
    assert beneath() == [
        f"failed: {logs}/answering_2_of_2.log",
        "  error: no memory",
        f"failed: {logs}/train_adapter.log",
        "  error: no row is left",
    ]


def test_a_failed_step_of_a_judge_with_an_engine_of_its_own_is_shown(tmp_path, beneath):
    config = {**CONFIG, "judging": {"engine": {"shards": 3}}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    logs = tmp_path / "results/mine/iter1/logs"
    logs.mkdir(parents=True)
    for shards in (3, 4):
        (logs / f"pairwise_verdicts_1_of_{shards}.log").write_text(f"error: of {shards} shards\n")
    assert beneath() == [f"failed: {logs}/pairwise_verdicts_1_of_3.log", "  error: of 3 shards"]


def test_hours_are_those_of_all_attempts_at_generation_and_training(tmp_path, shown):
    assert "GPU hours" not in shown()
    work, taken = tmp_path / "work/mine/iter1", 1800
    for place, gpus in (("answering/journal", 2), ("checkpoints", 4), ("checkpoints", 0)):
        file = work / f"{place}.attempts/host_1_{gpus}.json"
        write_json(file, {"began": 100.0, "gpus": gpus, "cores": 8})
        os.utime(file, (100 + taken, 100 + taken))
    lines = shown()
    assert lines["GPU hours"] == "- | 3.00 | -"
    assert lines["core hours"] == "- | 4.00 | -"


def test_an_attempt_counts_to_its_last_touch_although_it_fails(tmp_path):
    with pytest.raises(RuntimeError), attempt(tmp_path / "step/journal", gpus=1, cores=1):
        time.sleep(0.2)
        raise RuntimeError
    assert 0.2 <= hours([tmp_path / "step/journal.attempts"]).gpu * 3600 < 10
    assert not (tmp_path / "step/journal").exists()


def test_a_training_shows_its_last_whole_checkpoint(tmp_path, shown, beneath):
    for step in (20, 100):
        state = {"global_step": step, "max_steps": 120}
        write_json(tmp_path / f"work/mine/iter2/checkpoints/checkpoint-{step}/trainer_state.json", state)
    write_json(tmp_path / "work/mine/iter2/checkpoints/checkpoint-20/whole.json", {})
    assert shown()["adapter (updates)"] == "- | 20 of 120"
    (said,) = beneath()
    assert re.fullmatch(r"iter2, adapter: 20 of 120 updates at the last checkpoint, \d+ s ago", said)
    write_json(tmp_path / "work/mine/iter2/checkpoints/checkpoint-100/whole.json", {})
    assert shown()["adapter (updates)"] == "- | 100 of 120"
    write_json(tmp_path / "results/mine/iter2/adapter/manifest.json", {})
    assert shown()["adapter (updates)"] == "- | done"
    assert beneath() == []


@pytest.mark.parametrize("counts", [{}, [], {"in": 5}, {"in": "5", "kept": 3}, {"in": 5, "kept": -3}])
def test_counts_that_are_none_are_named(tmp_path, shown, counts):
    write_json(tmp_path / "results/mine/iter1/counts/prompts.json", counts)
    with pytest.raises(UserError, match=r"counts/prompts\.json: .*; delete the file and make it again"):
        shown()


def test_a_state_of_a_training_that_is_none_is_named(tmp_path, shown):
    checkpoint = tmp_path / "work/mine/iter1/checkpoints/checkpoint-3"
    write_json(checkpoint / "whole.json", {})
    write_json(checkpoint / "trainer_state.json", {"global_step": "3"})
    write_json(checkpoint.with_name("checkpoint-last") / "whole.json", {})
    with pytest.raises(UserError, match=r"trainer_state\.json: global_step: .*; remove this checkpoint"):
        shown()


def test_an_arrow_names_the_model_that_a_stage_is_shared_with(tmp_path, shown):
    """Two thresholds: up to the scores of the first iteration all is one, and from the selection on nothing is."""
    arms = {"strict": {}, "loose": {"isheep": {"selection": {"threshold": 6}}}}
    config = {**CONFIG, "default_model": "strict", "variants": {"mine": {"arms": arms}}}
    # The first arm owns what both have, so that their order matters.
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    write_json(tmp_path / "results/strict/iter1/counts/prompts.json", {"in": 150, "kept": 90, "rejected": {"near": 60}})
    write_rows(tmp_path / "work/strict/iter1/answering/requests.jsonl", ids(*range(90)))
    owner, sharer = shown("strict"), shown("loose")
    shared = ("new instructions", "answered", "kept by rules", "assessed")
    assert [sharer[title] for title in shared] == ["→ strict | -"] * 4
    assert [owner[title] for title in shared] == ["90 of 100 | -", "begun | -", "- | -", "- | -"]
    assert [sharer[title] for title in ("kept by selection", "adapter (updates)")] == ["- | -"] * 2
    assert [sharer[title] for title in ("model", "held-out tasks")] == ["→ strict | - | -"] * 2


def test_benchmarks_and_judging_are_shown_with_their_progress(tmp_path, shown, beneath):
    tasks = ["gsm8k", "my/riddles.yaml"]
    config = {**CONFIG, "evaluation": {"tasks": tasks}, "judging": {"two_turns": None}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    write_json(tmp_path / "results/mine/iter0/evaluation/gsm8k.json", {})
    write_json(tmp_path / "results/mine/iter0/judged/pairwise.json", {})
    work = tmp_path / "work/mine/iter1"
    write_rows(work / "evaluation_riddles/requests.jsonl", ids(*range(8)))
    write_rows(work / "evaluation_riddles/completions_1_of_2.jsonl", ids(*range(3)))
    for step in ("pairwise_answers", "pairwise_verdicts"):
        write_rows(work / step / "requests.jsonl", ids(1, 2))
    lines = shown()
    assert lines["benchmark gsm8k"] == "done | - | -"
    assert lines["benchmark riddles"] == "- | begun | -"
    assert lines["judged in pairs"] == "done | begun | -"
    assert "judged over two turns" not in lines
    riddles, judged = beneath()
    assert riddles.startswith("iter1, benchmark riddles: 3 of 8 requests of evaluation_riddles, the last ")
    assert judged == "iter1, judged in pairs: 0 of 2 requests of pairwise_verdicts"
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    assert not [title for title in shown() if title.startswith(("benchmark", "judged"))]


def test_a_configuration_that_is_wrong_is_named(tmp_path, shown):
    (tmp_path / "config.yaml").write_text("models: {}")
    with pytest.raises(UserError, match=r"config\.yaml: default_model: this key is needed"):
        shown()
