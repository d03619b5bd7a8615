"""What a comparison will be able to tell is said while it is planned, whatever the models are called."""

import pytest

from scripts.configuration import read_config
from scripts.lib.errors import UserError
from scripts.report.comparable import check_comparable

TASKS = {"tasks": "tasks.jsonl", "grader": "grader"}


def said(variants, **entries):
    """What is said of models with these entries, and of their variants."""
    models = {name.replace("_", "-"): {"base": "b", "held_out": TASKS, **entry} for name, entry in entries.items()}
    first = "self-1" if variants else next(iter(models))
    content = {"default_model": first, "models": models, "variants": variants or {}}
    return check_comparable(read_config(content, "config")[1].models.values())


def test_arms_of_several_seeds_that_answer_the_same_tasks_can_be_compared():
    assert said({"one": {"seeds": [1, 2], "arms": {"self": {}, "none": {"iterations": 3}}}}, one={}) == []


def test_models_that_are_asked_and_judged_alike_raise_no_doubt():
    alike = {"held_out": None, "judging": {"judge": "one-1/iter0"}, "evaluation": {"tasks": ["piqa"]}}
    other = {**alike, "evaluation": {"tasks": ["piqa", "boolq"]}}
    entries = {"one-1": alike, "two-1": other}
    lines = said(None, **entries)
    assert not any("different ways" in line or "no model" in line for line in lines)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"foo": {}}, "there is one arm, foo, and none to compare it with"),
        ({"foo": {}, "bar_baz": {}}, "every arm has one seed"),
        ({"foo": {}, "bar_baz": {"seed": 7}}, "these arms share none: foo and bar-baz"),
        ({"foo": {}, "bar_baz": {"iterations": 2}}, "(foo 3, bar-baz 2): later ones stand alone"),
        ({"foo": {}, "bar_baz": {"held_out": None}}, "without accuracies: bar-baz"),
        ({"foo": {"held_out": None}, "bar_baz": {"held_out": None}}, "no model is measured"),
        (
            {"foo": {"evaluation": {"tasks": ["piqa"]}}, "bar_baz": {"evaluation": {"tasks": ["piqa"], "limit": 5}}},
            "foo and bar-baz are asked about piqa in different ways",
        ),
        (
            {"foo": {"judging": {}}, "bar_baz": {"judging": {}, "base": "c"}},
            "foo and bar-baz are judged in different ways",
        ),
    ],
)
def test_what_a_comparison_cannot_tell_is_said(entries, message):
    assert any(message in line for line in said(None, **entries))


def test_models_that_cannot_be_compared_are_refused():
    with pytest.raises(UserError, match="foo and bar cannot be compared: their held_out: differ"):
        said(None, foo={}, bar={"held_out": {**TASKS, "tasks": "others.jsonl"}})
    with pytest.raises(UserError, match="self and self-1 cannot be compared: both are arm self with seed 1"):
        said({"one": {"seeds": [1], "arms": {"self": {}}}}, self={}, one={})
