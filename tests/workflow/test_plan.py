"""What a dry run plans: everything that is missing or stale, and nothing else."""

import importlib
import os
import shlex
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, small_config

AFTER_SELECTION = {"score_filter", "adapter", "merged"}


def rules(planned: dict[str, str], folder: str = "") -> set[str]:
    """The rules whose jobs are planned, of the jobs that write into a folder."""
    return {job.split(":")[0] for job in planned if folder in job}


def caused_by(planned: dict[str, str], file: str) -> set[str]:
    """The rules that are planned because this very file changed, rather than because of another job."""
    return {job.split(":")[0] for job, reason in planned.items() if file in reason}


def test_a_fresh_checkout_plans_every_artifact_of_every_iteration(project):
    planned = project.planned("results/iter2/merged")
    for name in ("prompts", "outputs", "rule_filtered", "evaluated", "score_filtered"):
        for iteration in (1, 2):
            assert any(f"results/tiny/iter{iteration}/{name}.jsonl" in job for job in planned)


def test_nothing_is_planned_after_a_finished_run(finished):
    assert finished.planned() == {}


def test_touching_every_file_and_editing_the_readme_plans_nothing(rerun):
    for path in rerun.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)
    with (rerun.folder / "README.md").open("a") as readme:
        readme.write("one more line\n")
    assert rerun.planned() == {}


def test_another_commit_and_back_plans_nothing(rerun):
    settings = rerun.folder / "scripts/lib/config/settings.py"
    original = settings.read_text()
    settings.write_text(original + "\n# another commit\n")
    settings.write_text(original)
    module = rerun.folder / "scripts/lib/rows/novelty.py"
    original = module.read_text()
    module.unlink()
    module.write_text(original)
    assert rerun.planned() == {}


def test_another_threshold_plans_selection_training_and_what_follows(rerun):
    config = small_config()
    config["selection"]["threshold"] = 5.5
    rerun.configure(config)
    planned = rerun.planned("results/tiny/iter1/merged/manifest.json")
    assert rules(planned) == AFTER_SELECTION
    everything = rerun.planned("results/iter2/merged")
    assert rules(everything, "results/tiny/iter1/") == AFTER_SELECTION
    assert "prompts" in rules(everything, "results/tiny/iter2/")


@pytest.mark.parametrize(
    ("module", "first", "untouched"),
    [
        ("scripts/lib/rows/novelty.py", {"prompt_round"}, {"seeds", "base_model"}),
        ("scripts/isheep/rules.py", {"rule_filter"}, {"prompts", "outputs"}),
        ("scripts/isheep/assessment.py", {"rating_requests"}, {"prompts", "outputs", "rule_filter"}),
        ("scripts/lib/models/merging.py", {"merged"}, {"prompts", "outputs", "rule_filter", "evaluate", "adapter"}),
    ],
)
def test_an_edited_library_module_plans_the_steps_that_import_it_and_what_follows(rerun, module, first, untouched):
    with (rerun.folder / module).open("a") as stream:
        stream.write("\n# an edit\n")
    planned = rerun.planned("results/tiny/iter1/merged/manifest.json")
    assert caused_by(planned, module) == first
    assert not rules(planned) & untouched


def test_one_more_iteration_plans_only_that_one(rerun):
    config = small_config()
    config["iterations"] = 3
    rerun.configure(config)
    planned = rerun.planned()
    made = [job for job in planned if "summary" not in job]
    assert made
    assert all("/iter3/" in job for job in made)


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "config/examples").glob("*.yaml")))
def test_each_example_plans_its_last_model(project, example):
    name = f"config/examples/{example}"
    entry = yaml.safe_load((ROOT / name).read_text())["default_model"]
    planned = project.planned("--configfile", name, "--cores", "8", "results/iter3/merged")
    assert any(f"results/{entry}/iter3/merged/manifest.json" in job for job in planned)
    assert not any("results/tiny/" in job for job in planned)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"synthesis": {"targt": 5}}, "synthesis.targt: there is no such key"),
        ({"selection": {"threshold": 11}}, "selection.threshold: Input should be less than or equal to 10"),
        ({"models": {"tiny": {}}}, "models.tiny.base: this key is needed"),
        ({"default_model": "huge"}, "'huge' is not among models"),
        ({"filter": {"without": ["no_such_rule"]}}, "no_such_rule"),
    ],
)
def test_a_wrong_key_stops_before_any_job_and_is_named(project, change, message):
    project.configure({**small_config(), **change})
    done = project.snakemake("-n", check=False)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert not (project.folder / "results").exists()


def test_the_reference_of_the_configuration_is_in_step_with_the_code(tmp_path):
    from scripts import config_reference

    files = {name: tmp_path / name for name in ("schema.json", "README.md")}
    arguments = ["--schema", str(files["schema.json"]), "--readme", str(files["README.md"])]
    config_reference.main(config_reference.parser().parse_args(arguments))
    for name, file in files.items():
        assert file.read_text() == Path(ROOT / "config" / name).read_text(), f"run {' '.join(arguments)}"


@pytest.mark.parametrize(("page", "at_least"), [("README.md", 7), ("docs/cluster.md", 5)])
def test_every_snakemake_command_of_the_documentation_has_a_plan(project, page, at_least):
    lines = (ROOT / page).read_text().splitlines()
    commands = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("snakemake ")]
    assert len(commands) >= at_least
    for command in commands:
        assert project.snakemake(*command[:-1], "-n", command[-1]).returncode == 0


def test_every_script_explains_each_of_its_flags(root):
    scripts = sorted(path for path in (root / "scripts").glob("*.py") if path.stem != "__init__")
    assert len(scripts) > 15
    for script in scripts:
        module = importlib.import_module(f"scripts.{script.stem}")
        for action in module.parser()._actions:
            assert action.help, f"{script.name}: {action.option_strings}"
