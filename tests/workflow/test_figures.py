"""Figures in the graph: what they are made from, what cannot be given, and a real drawing on a finished run."""

import pytest
import yaml

from tests.conftest import contents
from tests.workflow.conftest import small_config

FORMS = ("svg", "pdf", "png", "csv", "md")


def test_figures_are_drawn_from_what_models_share(project):
    config = {**small_config(), "default_model": "threshold6", "iterations": 1}
    config["variants"] = {"tiny": {"grid": {"isheep.selection.threshold": [6, 8]}}}
    project.configure(config)
    jobs = project.jobs("figures")
    drawn = {rule: count for rule, count in jobs.items() if rule.startswith("draw_") and rule != "draw_loss"}
    names = ("arms", "curve", "high_scores", "metrics", "projection", "stages")
    assert drawn == {f"draw_{name}": 1 for name in names}
    assert (jobs["embed_rows"], jobs["embed_reference"], jobs["plan_answering"], jobs["summary"]) == (1, 1, 1, 2)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("arms.svg", "results/figures/arms: there is one arm, tiny, and none beside it"),
        ("curve_isheep.selection.threshold.md", "no models differ in the number isheep.selection.threshold alone"),
        ("figure5.png", "results/figures/figure5: there is no figure of this name"),
    ],
)
def test_a_figure_that_the_configuration_cannot_give_is_told_in_one_line(project, target, message):
    done = project.snakemake("-n", "--quiet", "host", "--", f"results/figures/{target}", check=False)
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("error: ") and message in last
    assert "Traceback" not in done.stdout


def test_a_finished_run_gives_its_figures_and_stays_as_it_is(rerun):
    before = contents(rerun.folder / "results")
    said = rerun.snakemake("--cores", "2", "figures").stdout
    assert "results/figures/arms: left out: there is one arm, tiny" in said
    after = contents(rerun.folder / "results")
    assert {name: after[name] for name in before} == before
    names = ("stages", "high_scores", "projection", "metrics")
    made = {name for name in after if name.startswith("figures/") and "/logs/" not in name}
    assert made == {f"figures/{name}.{form}" for name in names for form in FORMS}
    assert all(after[name] for name in made)
    assert rerun.planned("figures") == {}
    settings = {**yaml.safe_load((rerun.folder / "config/config.yaml").read_text()), "figures": {"threshold": 7}}
    rerun.configure(settings)
    assert {job.split(":")[0] for job in rerun.planned("figures")} == {"draw_high_scores", "figures"}
