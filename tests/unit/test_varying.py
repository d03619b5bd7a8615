"""Which settings vary between models that are otherwise alike, which figures follow, and what a configuration costs."""

import pytest

from scripts.configuration import read_config
from scripts.isheep.gpu_hours import gpu_hours
from scripts.report.figures.available import figure_names, why_not
from scripts.report.figures.settings import Figures
from scripts.report.figures.varying import curves

HELD_OUT = {"tasks": "results/tiny_world/held_out.jsonl", "grader": "scripts.tiny_world.grade"}


def configured(variants, held_out=HELD_OUT, **values):
    """The models of a configuration with one base model and its variants."""
    entry = {"base": "Qwen-72B", "revision": "1", "held_out": held_out}
    models = {"models": {"one": entry}, "variants": {"one": variants} if variants else {}}
    default = values.pop("default", "one")
    return read_config({**models, "default_model": default, **values}, "config.yaml")[1]


def on_curve(sharing, key):
    return [(point.model, point.value, point.curve) for point in curves(sharing.models.values())[key].points]


def test_models_that_differ_in_one_number_make_a_curve():
    grid = {"grid": {"isheep.selection.threshold": [8, 6]}, "seeds": [1, 2]}
    sharing = configured(grid, default="threshold6-1")
    assert on_curve(sharing, "isheep.selection.threshold") == [
        *[("threshold6-1", 6, ""), ("threshold6-2", 6, ""), ("threshold8-1", 8, ""), ("threshold8-2", 8, "")]
    ]
    assert list(curves(sharing.models.values())) == ["isheep.selection.threshold"]


def test_what_else_differs_names_the_curve():
    grid = {"isheep.selection.threshold": [6, 8], "isheep.assessment.assessor": ["base", "current"]}
    sharing = configured({"grid": grid}, default="threshold6-assessorbase")
    named = {curve for _, _, curve in on_curve(sharing, "isheep.selection.threshold")}
    assert named == {"assessor base", "assessor current"}


def test_arms_that_differ_in_more_or_say_no_number_are_on_no_curve():
    arms = {
        "all": {"training": {"max_samples": None}},
        "few": {"training": {"max_samples": 100}},
        "more": {"training": {"max_samples": 200}},
        "other": {"training": {"max_samples": 300, "epochs": 1}},
        "slower": {"training": {"max_samples": 100, "mem_mb": 9000}},
    }
    sharing = configured({"arms": arms}, default="few")
    found = curves(sharing.models.values())
    assert list(found) == ["training.max_samples"]
    assert {point.model for point in found["training.max_samples"].points} == {"few", "more", "slower"}
    assert found["training.max_samples"].left_out == ("all",)


def test_a_section_that_some_models_lack_makes_a_curve_of_the_others():
    arms = {name: {"judging": {"engine": engine}} for name, engine in (("own", None), ("one", {"gpus": 1}))}
    arms["two"] = {"judging": {"engine": {"gpus": 2}}}
    sharing = configured({"arms": arms}, default="own")
    assert on_curve(sharing, "judging.engine.gpus") == [("one", 1, ""), ("two", 2, "")]


def test_a_configuration_gives_the_figures_that_it_has_models_for():
    assert figure_names(configured(None), Figures()) == ["stages", "high_scores", "projection", "metrics"]
    grid = configured({"grid": {"isheep.selection.threshold": [0, -1]}}, default="threshold0")
    assert figure_names(grid, Figures()) == [
        "stages",
        "projection",
        "metrics",
        "arms",
        "curve_isheep.selection.threshold",
    ]
    given = configured(None, held_out=None, recipe="fine_tuning", iterations=1)
    assert figure_names(given, Figures()) == ["stages"]
    for measured in ({"evaluation": {"tasks": ["piqa"]}}, {"judging": {}}):
        found = configured(None, held_out=None, recipe="fine_tuning", iterations=1, **measured)
        assert figure_names(found, Figures()) == ["stages", "metrics"]


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("arms", {}, "there is one arm, one"),
        ("curve_seed", {}, "no models differ in the number seed alone; variants: with a grid"),
        ("figure1", {}, "there is no figure of this name; there are stages, high_scores"),
        ("projection", {"reference": "nowhere.jsonl"}, "figures.reference: nowhere.jsonl: no such file"),
        ("projection", {"embedding_model": "any/model"}, "sentence-transformers"),
    ],
)
def test_a_figure_that_cannot_be_given_says_why(monkeypatch, name, settings, message):
    monkeypatch.setattr("scripts.report.figures.available.PACKAGE", "no_such_package")
    assert message in (why_not(name, configured(None), Figures(**settings)) or "")


def test_an_iteration_of_the_largest_run_takes_the_hours_that_docs_scale_computes():
    engine = {"name": "vllm", "gpus": 8, "shards": 2}
    hours = gpu_hours(configured(None, iterations=1, engine=engine, training={"gpus_per_node": 8}))["one"]
    assert sum(hours.values()) == pytest.approx(21, abs=0.5)


def test_what_models_share_costs_once():
    sharing = configured({"grid": {"isheep.selection.threshold": [6, 8]}}, default="threshold6", iterations=1)
    hours = gpu_hours(sharing)
    assert list(hours["threshold8"]) == ["adapter"]
    assert {"prompts", "outputs", "evaluated", "adapter"} == set(hours["threshold6"])
