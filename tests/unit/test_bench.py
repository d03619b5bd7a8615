"""The benchmark in its quickest form: it runs, its decisions agree, and it writes what it promises. Never a time."""

import os
import subprocess
import sys

import pytest

from benchmarks.report import END, START
from scripts.lib.rows.files import read_json
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def printed(folder):
    (folder / "page.md").write_text(f"before\n{START}\nold\n{END}\nafter\n")
    options = ["--quick", "--only", "novelty", "--output", folder, "--page", folder / "page.md"]
    command = [sys.executable, "-m", "benchmarks", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def report(folder, printed):
    return read_json(folder / "benchmarks.json")


def test_decisions_are_those_of_rouge_score(report):
    differing = [fact for fact in report["facts"] if fact["what"].startswith("decisions that differ")]
    assert [fact["value"] for fact in differing] == [0, 0]
    rejected = [fact["value"] for fact in report["facts"] if fact["what"].startswith("rejected among")]
    assert max(rejected) > 20, "none differ because none is too close"


def test_both_sides_are_there_round_by_round(report):
    assert {found["item"] for found in report["comparisons"]} == {"novelty"}
    for found in report["comparisons"]:
        assert len(found["ours"]) == len(found["reference"]) == 1
        assert set(found["ratio"]) == {"min", "median", "max"}
        assert found["ours_mb"] > 0 and found["reference_mb"] > 0
    assert [curve["side"] for curve in report["costs"]] == ["ours", "reference"]


def test_the_table_is_printed_and_stands_in_the_page_with_pictures(folder, printed):
    page = (folder / "page.md").read_text()
    assert page.startswith(f"before\n{START}\n") and page.endswith(f"{END}\nafter\n") and "old" not in page
    assert "| novelty: pairs decided per CPU second |" in page
    assert "novelty: pairs decided per CPU second" in printed
    assert (folder / "cost.png").read_bytes() == (folder / "page_cost.png").read_bytes()
    assert not (folder / "work").exists()


@pytest.mark.slow
def test_what_is_measured_on_a_gpu_runs_on_a_cpu_as_well(tmp_path):
    options = ["--quick", "--only", "gpu_limits", "gpu_generation", "--output", tmp_path]
    subprocess.run([sys.executable, "-m", "benchmarks", *map(str, options)], cwd=ROOT, check=True, capture_output=True)
    report = read_json(tmp_path / "benchmarks.json")
    assert [found["bar"] for found in report["comparisons"]] == [2.0]
    shares = [fact["value"] for fact in report["facts"] if "memory bandwidth used" in fact["what"]]
    assert len(shares) == 2 and all(0 < share < 100 for share in shares)


def test_without_a_gpu_it_says_so_and_measures_nothing(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--device", "gpu", "--output", str(tmp_path)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("error: --device gpu: torch ") and not done.stdout
    assert not list(tmp_path.iterdir())
