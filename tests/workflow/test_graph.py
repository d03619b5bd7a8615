"""Every question that Snakemake can be asked about the graph has an answer, on every kind of target."""

import pytest

TARGETS = (
    "all",
    "results/iter2/merged",
    "results/tiny/summary.txt",
    "results/tiny/iter1/prompts.jsonl",
    "results/tiny/iter1/adapter/manifest.json",
    "results/tiny/iter1/merged/manifest.json",
    "results/tiny/iter2/adapter",
    "results/tiny/iter2/merged",
    "results/comparison.md",
    "work/tiny/iter1/answering/completions_1_of_1.jsonl",
)
QUESTIONS = {
    "--dag": "train_adapter",
    "--rulegraph": "train_adapter",
    "--filegraph": "adapter/manifest.json",
    "--d3dag": "train_adapter",
    "--summary": "results/tiny/iter1/prompts.jsonl",
    "--detailed-summary": "results/tiny/iter1/prompts.jsonl",
    "--list-input-changes": "",
    "--list-params-changes": "",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_answered_before_a_run(project, question):
    assert QUESTIONS[question] in project.snakemake(question, "--", *TARGETS).stdout
    assert not (project.folder / "results").exists()


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_answered_after_a_run(finished, question):
    assert QUESTIONS[question] in finished.snakemake(question, "--", *TARGETS[:-2]).stdout


def test_a_report_before_a_run_says_what_is_missing(project):
    done = project.snakemake("--report", "report.html", "--", "results/tiny/summary.txt", check=False)
    assert done.returncode != 0
    assert "results/tiny/summary.txt marked for report but does not exist" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("target", ["all", "results/iter2/merged"])
def test_a_report_after_a_run_holds_its_pictures_and_tables(rerun, target):
    rerun.snakemake("--report", "report.html", "--", target, "results/tiny/summary.txt")
    content = (rerun.folder / "report.html").read_text()
    for name in ("results/tiny/summary.png", "results/tiny/summary.txt", "results/tiny/iter2/loss.png"):
        assert name in content


def test_touching_and_unit_tests_of_a_finished_run_work(rerun):
    rerun.snakemake("--touch", "--cores", "1", "--", "all")
    assert rerun.planned() == {}
    rerun.snakemake("--generate-unit-tests", "unit_tests", "--", "results/tiny/iter1/score_filtered.jsonl")
    assert (rerun.folder / "unit_tests/test_score_filter.py").is_file()
