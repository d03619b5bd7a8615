"""The loop for real, on the tiny model: what it makes, that rows add up, and that kills and shards leave no trace."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows
from tests.processes import working_in
from tests.workflow.conftest import small_config, wait_for

DATA = ("prompts", "outputs", "rule_filtered", "evaluated", "score_filtered")


def iteration_folder(project, iteration: int) -> Path:
    return project.folder / f"results/tiny/iter{iteration}"


@pytest.mark.parametrize("iteration", [1, 2])
def test_rows_in_are_rows_kept_plus_rows_rejected_at_every_step(finished, iteration):
    folder = iteration_folder(finished, iteration)
    ids = {name: [row["id"] for row in read_rows(folder / f"{name}.jsonl")] for name in DATA}
    rejected = {
        name: list(read_rows(folder / f"{name}_rejected.jsonl")) for name in ("prompts", "rule", "score", "training")
    }
    columns = {"id", "instruction", "input", "output", "rejected", "other_fields"}
    assert all(row["rejected"]["rule"] and set(row) == columns for rows in rejected.values() for row in rows)
    assert ids["outputs"] == ids["prompts"]
    assert sorted(ids["outputs"]) == sorted(ids["rule_filtered"] + [row["id"] for row in rejected["rule"]])
    assert ids["evaluated"] == ids["rule_filtered"]
    assert sorted(ids["evaluated"]) == sorted(ids["score_filtered"] + [row["id"] for row in rejected["score"]])
    for name in ("prompts", "outputs", "rule_filtered", "evaluated", "score_filtered", "training"):
        counts = read_json(folder / f"counts/{name}.json")
        assert counts["in"] == counts["kept"] + sum(counts["rejected"].values())
    assert read_json(folder / "counts/prompts.json")["rejected"] == Counter(
        row["rejected"]["rule"] for row in rejected["prompts"]
    )


def test_rows_say_what_made_them_and_scores_decide(finished):
    base = read_json(finished.folder / "results/tiny/iter0/merged/manifest.json")["fingerprint"]
    first = read_json(finished.folder / "results/tiny/iter1/merged/manifest.json")["fingerprint"]
    for iteration, writer in ((1, base), (2, first)):
        for row in read_rows(iteration_folder(finished, iteration) / "score_filtered.jsonl"):
            assert row["iteration"] == iteration
            assert {part: made["model"] for part, made in row["made_by"].items()} == {
                "instruction": writer, "output": writer, "scores": writer,
            }  # fmt: skip
            assert all(score > 6 for score in row["scores"].values())
            assert "<|im_" not in row["output"]


def test_the_merged_model_answers_and_stops(finished):
    answer = subprocess.run(
        [sys.executable, "-m", "scripts.chat", "--model", str(finished.folder / "results/iter2/merged")],
        input="What is the opposite of hot?\n", text=True, capture_output=True, cwd=finished.folder, check=True,
    )  # fmt: skip
    assert answer.stdout.strip()
    assert "<|im_" not in answer.stdout


def test_the_summary_has_every_model_and_stage(finished):
    summary = read_json(finished.folder / "results/tiny/summary.json")
    measured = [(result["iteration"], result["format"]) for result in summary["held_out"]]
    assert measured == [(0, "base"), (0, "chat"), (1, "chat"), (2, "chat")]
    assert [found["label"] for found in summary["iterations"]] == ["iter1", "iter2"]
    assert [stage["name"] for stage in summary["iterations"][0]["stages"]] == [*DATA, "training"]
    assert summary["iterations"][0]["mean_scores"]["quality"] > 1
    assert summary["iterations"][1]["loss"]["training"] > 0
    assert "talk to it" in (finished.folder / "results/tiny/summary.txt").read_text()
    assert (finished.folder / "results/tiny/summary.png").stat().st_size > 10_000


def test_the_folder_of_a_model_holds_what_a_hub_takes_and_nothing_of_ours_but_manifest_card_and_log(finished):
    weights = {"model.safetensors", "config.json", "generation_config.json"}
    words = {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
    adapter = {"adapter_model.safetensors", "adapter_config.json", "training_log.jsonl", "README.md"}
    for name, files in {
        "iter0/merged": weights | words,
        "iter2/merged": weights | words,
        "iter2/adapter": adapter,
    }.items():
        held = (finished.folder / "results/tiny" / name).rglob("*")
        assert {file.name for file in held} == files | {"manifest.json"}


def test_no_pickle_is_left_among_the_results(finished):
    names = [path.name for path in (finished.folder / "results").rglob("*")]
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]


def test_three_shards_and_a_killed_job_give_the_same_bytes(finished, project):
    config = small_config()
    config["engine"]["shards"] = 3
    project.configure(config)
    target = "results/tiny/iter1/score_filtered.jsonl"
    kill_while_generating(project, target)
    project.snakemake("--cores", "2", target)
    for name in DATA:
        file = f"results/tiny/iter1/{name}.jsonl"
        assert (project.folder / file).read_bytes() == (finished.folder / file).read_bytes(), file


def kill_while_generating(project, target: str) -> None:
    """Kill the first generation job, without a warning, as soon as its journal holds something."""
    running = project.start("--cores", "2", target)
    wait_for(lambda: any(path.stat().st_size for path in project.folder.glob("work/*/*/*/journal/*")), running)
    for process, command in working_in(project.folder):
        if "scripts.complete" in command:
            os.kill(process, signal.SIGKILL)
    assert running.wait(timeout=120) != 0


def test_a_killed_snakemake_leaves_no_lock_and_a_living_one_keeps_its_own(project):
    config = small_config()
    config["isheep"]["synthesis"].update(target=6)
    project.configure(config)
    target = ("--cores", "1", "results/tiny/iter1/prompts.jsonl")
    running = project.start(*target)
    wait_for(lambda: any(project.folder.glob(".snakemake/locks/*.lock")), running)
    assert "cannot be locked" in project.snakemake(*target, check=False).stdout
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert "its lock is removed" in project.snakemake(*target).stdout


def test_a_cut_off_file_is_named_with_its_line_and_nothing_is_written(rerun):
    file = rerun.folder / "results/tiny/iter1/evaluated.jsonl"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    done = rerun.snakemake("--cores", "1", "results/tiny/iter1/score_filtered.jsonl", check=False)
    assert done.returncode != 0
    assert "evaluated.jsonl:" in done.stdout and "broken JSON" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_filter_that_keeps_nothing_says_which_and_what_to_change(rerun):
    config = small_config()
    config["isheep"]["selection"]["threshold"] = 10
    rerun.configure(config)
    done = rerun.snakemake("--cores", "1", "results/tiny/iter1/score_filtered.jsonl", check=False)
    assert done.returncode != 0
    assert "score_filtered.jsonl" in done.stdout and "none of the" in done.stdout and "threshold" in done.stdout


def test_seeds_that_are_wrong_are_named(project):
    seeds = project.folder / "config/seeds/mine.jsonl"
    seeds.write_text(json.dumps({"id": "a", "instruction": ["no text"], "input": "", "output": "x"}) + "\n")
    config = small_config()
    config["models"]["tiny"]["seeds"] = ["config/seeds/mine.jsonl"]
    project.configure(config)
    done = project.snakemake("--cores", "1", "results/tiny/seeds.jsonl", check=False)
    assert done.returncode != 0
    assert "config/seeds/mine.jsonl" in done.stdout and "instruction" in done.stdout
    assert not (project.folder / "results/tiny/seeds.jsonl").exists()
