"""What scripts.status says of a run, from the files that jobs have written so far."""

import os
import re

import pytest
import yaml

from scripts import status
from scripts.lib.errors import UserError
from scripts.lib.rows.files import write_json
from scripts.lib.rows.jsonl import json_line, write_rows

CONFIG = {
    "default_model": "mine",
    "models": {"mine": {"base": "somewhere", "held_out": {"tasks": "tasks.jsonl", "grader": "grade"}}},
    "iterations": 2,
    "engine": {"shards": 2},
    "isheep": {"synthesis": {"target": 100}},
}


def ids(*numbers: int) -> list[dict]:
    return [{"id": f"row-{number}"} for number in numbers]


def journal(*units: list[dict]) -> str:
    return "".join(json_line({"fingerprint": "f", "rows": unit}) for unit in units)


@pytest.fixture
def shown(tmp_path, capsys):
    """Return a function that runs the script and returns the lines of a model by their titles, a bar between cells."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))

    def run(model: str = "mine") -> dict[str, str]:
        arguments = ["--configfile", str(tmp_path / "config.yaml"), "--folder", str(tmp_path)]
        status.main(status.parser().parse_args(arguments))
        tables = [table.splitlines() for table in capsys.readouterr().out.strip().split("\n\n")]
        (table,) = (table for table in tables if table[0].split()[0] == model)
        lines = [re.split(r"  +", line.strip(), maxsplit=1) for line in table]
        return {title: re.sub("  +", " | ", cells) for title, cells in lines}

    return run


def test_nothing_is_there_before_the_first_job(shown):
    lines = shown()
    assert lines["mine"] == "base | iter1 | iter2"
    assert lines["new instructions"] == "- | -"
    assert lines["model"] == "- | - | -"


def test_finished_stages_show_their_rows_and_running_ones_what_their_shards_have_journalled(tmp_path, shown):
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
    assert re.fullmatch(r"48 of 90, \d+ s ago \| -", lines["answered"])
    assert lines["kept by rules"] == "- | -"
    assert lines["model"] == "done | - | -"


def test_rows_of_an_earlier_plan_do_not_count(tmp_path, shown):
    step = tmp_path / "work/mine/iter1/synthesis_2"
    own = step / "journal/1_of_2.jsonl"
    write_rows(step / "requests.jsonl", ids(1, 2, 3))
    own.parent.mkdir()
    own.write_text(journal(ids(1, 2)))
    os.utime(own, (0, 0))
    assert shown()["new instructions"] == "round 2: 0 of 3 | -"
    with own.open("a") as stream:
        stream.write(journal(ids(3), ids(4)))
    write_rows(step / "requests.jsonl", ids(3, 4, 5))
    os.utime(step / "requests.jsonl", (0, 0))
    assert shown()["new instructions"].startswith("round 2: 2 of 3, ")


def test_a_training_shows_its_last_whole_checkpoint(tmp_path, shown):
    for step in (20, 100):
        state = {"global_step": step, "max_steps": 120}
        write_json(tmp_path / f"work/mine/iter2/checkpoints/checkpoint-{step}/trainer_state.json", state)
    write_json(tmp_path / "work/mine/iter2/checkpoints/checkpoint-20/whole.json", {})
    assert re.fullmatch(r"- \| update 20 of 120, \d+ s ago", shown()["adapter"])
    write_json(tmp_path / "work/mine/iter2/checkpoints/checkpoint-100/whole.json", {})
    assert re.fullmatch(r"- \| update 100 of 120, \d+ s ago", shown()["adapter"])
    write_json(tmp_path / "results/mine/iter2/adapter/manifest.json", {})
    assert shown()["adapter"] == "- | done"


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
    assert [owner[title] for title in shared] == ["90 of 100 | -", "0 of 90 | -", "- | -", "- | -"]
    assert [sharer[title] for title in ("kept by selection", "adapter")] == ["- | -"] * 2
    assert [sharer[title] for title in ("model", "held-out tasks")] == ["→ strict | - | -"] * 2


def test_a_configuration_that_is_wrong_is_named(tmp_path, shown):
    (tmp_path / "config.yaml").write_text("models: {}")
    with pytest.raises(UserError, match=r"config\.yaml: default_model: this key is needed"):
        shown()
