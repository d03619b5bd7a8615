"""What a dry run plans: everything that is missing or stale, and nothing else."""

import importlib
import json
import os
import shlex
from pathlib import Path

import pytest

from scripts.configuration import read_config_files
from scripts.lib.rows.jsonl import write_rows
from tests.workflow.conftest import ROOT, checkout, small_config, wait_for

AFTER_SELECTION = {"score_filter", "train_adapter", "merge_adapter"}


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
    settings = rerun.folder / "scripts/lib/config/sections.py"
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
    config["isheep"]["selection"]["threshold"] = 5.5
    rerun.configure(config)
    planned = rerun.planned("results/tiny/iter1/merged/manifest.json")
    assert rules(planned) == AFTER_SELECTION
    everything = rerun.planned("results/iter2/merged")
    assert rules(everything, "results/tiny/iter1/") == AFTER_SELECTION
    assert "finish_synthesis" in rules(everything, "results/tiny/iter2/")


@pytest.mark.parametrize(
    ("module", "short", "first", "untouched"),
    [
        ("lib/rows/novelty", "rows.novelty", {"collect_synthesis"}, {"collect_seeds", "prepare_base"}),
        ("isheep/rules", "isheep.rules", {"rule_filter"}, {"finish_synthesis", "collect_answering"}),
        (
            "isheep/assessment",
            "isheep.assessment",
            {"plan_assessment"},  # what collects and selects imports it too, but runs again for this reason first
            {"finish_synthesis", "collect_answering", "rule_filter"},
        ),
        ("lib/models/merging", "models.merging", {"merge_adapter"}, {"score_filter", "train_adapter", "complete"}),
        ("report/draw_loss", "report.draw_loss", {"draw_loss"}, {"train_adapter"}),
    ],
)
def test_an_edited_module_plans_the_steps_that_import_it_and_what_follows(rerun, module, short, first, untouched):
    with (rerun.folder / f"scripts/{module}.py").open("a") as stream:
        stream.write("\nEDITED = True\n")
    planned = rerun.planned("results/tiny/iter1/merged/manifest.json", "results/tiny/iter1/loss.png")
    assert caused_by(planned, f"{short}@") == first
    assert not rules(planned) & untouched


def test_reworded_comments_and_docstrings_plan_nothing(rerun):
    for module in sorted((rerun.folder / "scripts").rglob("*.py")):
        text = module.read_text()
        if text.startswith('"""'):
            text = text.replace('"""', '"""In other words: ', 1)
        module.write_text(text + "\n# an afterthought\n")
    assert rerun.planned() == {}


def test_an_edit_while_a_job_runs_is_noticed_afterwards(rerun):
    """The job here waits for the edit, so that it certainly runs when the module changes."""
    target = "results/tiny/iter1/rule_filtered.jsonl"
    script = rerun.folder / "scripts/isheep/rule_filter.py"
    original = script.read_text()
    waiting = "import time\nfrom pathlib import Path\nPath('started').touch()\n"
    waiting += "while not Path('edited').exists():\n    time.sleep(0.01)\n"
    script.write_text(original.replace("import argparse\n", f"import argparse\n{waiting}", 1))
    running = rerun.start("--cores", "1", target)
    wait_for((rerun.folder / "started").exists, running)
    script.write_text(original)
    (rerun.folder / "edited").touch()
    assert running.wait(timeout=120) == 0
    assert caused_by(rerun.planned(target), "isheep.rule_filter@") == {"rule_filter"}


def test_a_touched_file_above_snakemakes_limit_plans_nothing_and_a_changed_one_does(rerun):
    seeds = rerun.folder / "config/seeds/tiny.jsonl"
    big = seeds.read_text() + "".join(
        json.dumps({"id": f"big-{number}", "instruction": f"Name word {number}.", "input": "", "output": "x" * 1000})
        + "\n"
        for number in range(2000)
    )
    seeds.write_text(big)
    target = "results/tiny/seeds.jsonl"
    rerun.snakemake("--cores", "1", target)
    assert seeds.stat().st_size > 2**20
    os.utime(seeds)
    assert rerun.planned(target) == {}
    seeds.write_text(big.replace("Name word 7.", "Name word seven."))
    assert rules(rerun.planned(target)) == {"collect_seeds"}


def test_a_plan_lists_data_and_no_source_files(project):
    inputs = [line for line in project.snakemake("-n", "all").stdout.splitlines() if line.strip().startswith("input:")]
    assert inputs
    assert not [line for line in inputs if ".py" in line]


def test_one_more_iteration_plans_only_that_one(rerun):
    config = small_config()
    config["iterations"] = 3
    rerun.configure(config)
    planned = rerun.planned()
    made = [job for job in planned if "summary" not in job]
    assert made
    assert all("/iter3/" in job for job in made)


LAID_OVER = "paper/benchmarks.yaml"
"""No configuration by itself: tests/workflow/test_evaluation.py plans it, where lm-eval is."""
CONFIGURATIONS = sorted(file.relative_to(ROOT / "config").as_posix() for file in (ROOT / "config").glob("*/*.yaml"))
CONFIGURATIONS.remove(LAID_OVER)


@pytest.mark.parametrize("example", CONFIGURATIONS)
def test_each_example_plans_its_last_model(project, example):
    name = f"config/{example}"
    default, sharing = read_config_files([project.folder / name])
    settings = sharing.models[default].settings
    for given in {*settings.self_align.prompts.files, *settings.seed_files}:  # other people's, where they are missing
        if not (project.folder / given).exists():
            write_rows(project.folder / given, [{"id": "1", "instruction": "Name a colour."}])
    last = sharing.models[default].settings.iterations
    planned = project.planned("--configfile", name, "--cores", "8", f"results/iter{last}/merged")
    assert any(f"results/{default}/iter{last}/merged/manifest.json" in job for job in planned)
    assert not any("results/tiny/" in job for job in planned)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"isheep": {"synthesis": {"targt": 5}}}, "isheep.synthesis.targt: there is no such key"),
        ({"isheep": {"selection": {"threshold": 11}}}, "selection.threshold: Input should be less than or equal to 10"),
        ({"synthesis": {"target": 5}}, "synthesis: there is no such key here; write it under isheep:"),
        ({"models": {"tiny": {}}}, "models.tiny.base: this key is needed"),
        ({"models": {"tiny": {"base": "x", "recipe": "dpo"}}}, "models.tiny.recipe: Input should be 'isheep'"),
        ({"default_model": "huge"}, "'huge' is not among models"),
        ({"isheep": {"filter": {"without": ["no_such_rule"]}}}, "no_such_rule"),
        ({"extends": "nowhere.yaml"}, "extends: nowhere.yaml: there is no such file"),
        ({"variants": {"huge": {}}}, "variants.huge: there is no such entry under models"),
        ({"variants": {"tiny": {"arms": {"a b": {}}}}}, "'a b' cannot be a folder's name"),
        ({"variants": {"tiny": {"grid": {"isheep.selection.treshold": [1]}}}}, "treshold: there is no such key"),
    ],
)
def test_a_wrong_key_stops_before_any_job_and_is_named(project, change, message):
    project.configure({**small_config(), **change})
    done = project.snakemake("-n", check=False)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert not (project.folder / "results").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seeds", ["config/seeds/tiny.jsonl", "config/seeds/more.jsonl"]),
        ("chat_template", "chatml.jinja"),
        ("isheep", {"assessment": {"family": "config/prompts/tiny/assesment"}}),
        ("held_out", {"tasks": "results/tiny_world/held_out.jsonl", "grader": "scripts.tiny_world.grad"}),
    ],
)
def test_a_misspelt_name_is_an_error_although_everything_is_there(rerun, key, value):
    config = small_config()
    config["models"]["tiny"][key] = value
    rerun.configure(config)
    done = rerun.snakemake("-n", "all", check=False)
    assert done.returncode != 0 and f"models.tiny: {key}" in done.stdout and "no such" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/tinny/iter2/merged", "config/config.yaml has no model tinny, did you mean tiny? It has tiny"),
        ("results/tiny/iter3/adapter", "ends with iter2 of this model; set iterations: 3 to have it go on"),
        ("results/tiny/iter3/outputs.jsonl", "ends with iter2 of this model"),
        ("results/iter3/merged", "ends with iter2 of this model"),
        ("results/tiny/iter1/score_filterd.jsonl", "did you mean results/tiny/iter1/score_filtered.jsonl?"),
        ("results/tiny/iter1/held_out_chat.json", "tiny has no held-out tasks to be measured on; set held_out:"),
    ],
)
def test_a_target_that_the_configuration_has_not_is_told_in_one_line(project, target, message):
    config = small_config()
    config["models"]["tiny"].pop("held_out")
    project.configure(config)
    done = project.snakemake("-n", "--quiet", "host", "--", target, check=False)
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("error: ") and message in last
    assert "Traceback" not in done.stdout and "Exception" not in done.stdout


def test_a_folder_may_be_named_with_a_slash_at_its_end(project):
    plain, slash = (project.jobs(folder) for folder in ("results/tiny/iter1/merged", "results/tiny/iter1/merged/"))
    assert slash.pop("results/tiny/iter1/merged/") == plain.pop("results/tiny/iter1/merged") == 1
    assert slash == plain and slash["merge_adapter"] == 1


def test_what_a_comparison_cannot_tell_is_said_while_it_is_planned(project):
    plan = project.snakemake("-n", "results/comparison.md").stdout
    assert plan.count("results/comparison.md: there is one arm, tiny, and none to compare it with") == 1


def test_rows_of_another_configuration_may_be_seeds(project):
    config = small_config()
    config["models"]["tiny"]["seeds"] = ["results/other/iter1/score_filtered.jsonl"]
    project.configure(config)
    seeds = project.folder / config["models"]["tiny"]["seeds"][0]
    assert "no model other" in project.snakemake("-n", "results/tiny/seeds.jsonl", check=False).stdout
    seeds.parent.mkdir(parents=True)
    seeds.write_text((ROOT / "config/seeds/tiny.jsonl").read_text())
    assert rules(project.planned("results/tiny/seeds.jsonl")) == {"collect_seeds"}


def test_an_iteration_has_one_name(project):
    done = project.snakemake("-n", "results/tiny/iter01/merged/manifest.json", check=False)
    assert done.returncode != 0 and "MissingRuleException" in done.stdout


def test_the_reference_of_the_configuration_is_in_step_with_the_code(tmp_path):
    from scripts import config_reference

    files = {name: tmp_path / name for name in ("schema.json", "README.md")}
    arguments = ["--schema", str(files["schema.json"]), "--readme", str(files["README.md"])]
    config_reference.main(config_reference.parser().parse_args(arguments))
    for name, file in files.items():
        assert file.read_text() == Path(ROOT / "config" / name).read_text(), f"run {' '.join(arguments)}"


@pytest.mark.parametrize(("page", "at_least"), [("README.md", 7), ("docs/cluster.md", 5)])
def test_every_snakemake_command_of_the_documentation_has_a_plan(tmp_path, page, at_least):
    project = checkout(tmp_path / "project")
    lines = (ROOT / page).read_text().splitlines()
    commands = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("snakemake ")]
    assert len(commands) >= at_least
    for command in commands:
        assert project.snakemake(*command[:-1], "-n", command[-1]).returncode == 0


def test_every_script_explains_each_of_its_flags(root):
    commands = [path for path in sorted((root / "scripts").rglob("*.py")) if "cli.run(main" in path.read_text()]
    assert len(commands) > 25
    for command in commands:
        name = ".".join(command.relative_to(root).with_suffix("").parts)
        for action in importlib.import_module(name).parser()._actions:
            assert action.help, f"{name}: {action.option_strings}"
