"""The configuration: files that build on others, versions of a model, and what each setting can change."""

import types
from collections.abc import Iterator
from functools import reduce
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
import yaml

from scripts.configuration import ModelEntry, read_config, read_config_files
from scripts.lib.config.beside import beside_manifest, models_of_their_own
from scripts.lib.config.sections import WHERE, Section
from scripts.lib.config.sharing import Model
from scripts.lib.errors import UserError

HELD_OUT = {"tasks": "tasks.jsonl", "grader": "grade"}
MINIMAL = {"default_model": "one", "models": {"one": {"base": "somewhere", "held_out": HELD_OUT}}}


def leaves(section: type[Section], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every key of a section and of those nested in it, with its field."""
    for name, field in section.model_fields.items():
        nested = field.annotation
        if type(None) in get_args(nested):  # a section that may be left out
            nested = get_args(nested)[0]
        if isinstance(nested, type) and issubclass(nested, Section):
            yield from leaves(nested, (*path, name))
        else:
            yield (*path, name), field


def another(field: Any, value: Any) -> Any:
    """A value that a field allows, and that it has not now."""
    annotation = field.annotation
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        return next(choice for choice in get_args(annotation) if choice != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value - 1 if any(getattr(limit, "le", None) == value for limit in field.metadata) else value + 1
    if isinstance(value, float):
        return value / 2 or 0.5
    if isinstance(value, tuple):
        return ["cjk"] if value == () else ["other.jsonl"]
    if get_origin(annotation) is dict:
        return {"gsm8k": "other" if str in get_args(annotation)[1:] else 2}
    if int in get_args(annotation):
        return 2
    if any(float in (kind, *get_args(kind)) for kind in get_args(annotation)):
        return 0.5
    if get_origin(annotation) is Union:
        return ["q_proj"]
    assert get_origin(annotation) in (types.UnionType, None), annotation
    return "./other"


OTHERS = {
    "judging.judge": "one/iter1",
    "autoif.supervisor": "one/iter0",
    "autoif.consistency.by": "none",
    "self_align.assistant.name": "Other",
    "self_align.assistant.alias": "Other",
    "self_align.reply_filter.without": ["truncated"],
    "self_align.verbose_filter.without": ["truncated"],
}
"""Other values of keys that do not take just any."""

FIXED = ("self_align.synthesis.origin_samples", "self_align.synthesis.few_shot_choice")
"""Keys of a section that recipes share, of which this one takes the default alone."""

BESIDE = {
    "evaluation": {"tasks": ["gsm8k"]},
    "held_out": HELD_OUT,
    "measured_by": {"by": "perplexity"},
    "origin_samples": {"few_shot_choice": "ppl"},
    "recipe": {"iterations": 1},
}
"""What a key's section must hold besides, for the key to be read at all."""

AROUND = {"classifier": ({"by": "classifier"}, {"base": "./classifier"})}
"""What a section needs beside it, and within it."""


def model_with(path: tuple[str, ...], **value: Any) -> Model:
    """The minimal model with a value of the setting at a path, or its default."""
    change: dict[str, Any] = {**BESIDE.get(path[-1], BESIDE.get(path[0], {})), **value}
    for name in reversed(path[:-1]):
        beside, within = AROUND.get(name, ({}, {}))
        change = {**beside, name: {**within, **change}}
    recipes = {
        "self_align": {"recipe": "self_align", "iterations": 2, "engine": {"name": "transformers"}},
        "autoif": {"recipe": "autoif"},
    }
    chosen = recipes.get(path[0], {})
    return names({**MINIMAL, "models": {"one": {**MINIMAL["models"]["one"], **chosen, **change}}})["one"]


def changed(path: tuple[str, ...], field: Any) -> tuple[set[str], set[str]]:
    """The keys of all that a model needs, and of what it would need with another value of one setting."""
    model = model_with(path)
    value = reduce(getattr, path, model.settings)
    other = OTHERS.get(".".join(path)) or another(field, value)
    both = (model, model_with(path, **{path[-1]: other}))
    return tuple({each.key(*needed) for needed in each.needed()} for each in both)


SETTINGS = [pytest.param(*found, id=".".join(found[0])) for found in leaves(ModelEntry)]
SETTINGS = [setting for setting in SETTINGS if setting.id not in FIXED]


@pytest.mark.parametrize(("path", "field"), SETTINGS)
def test_every_setting_changes_the_key_of_something_or_says_only_where_a_job_runs(path, field):
    before, after = changed(path, field)
    assert (before == after) == (field.json_schema_extra == WHERE)


def names(content: dict[str, Any]) -> dict[str, Any]:
    """The models of a configuration by name."""
    return read_config(content, "config")[1].models


def varied(**variants: Any) -> dict[str, Any]:
    return {**MINIMAL, "default_model": variants.pop("default", "one"), "variants": {"one": variants}}


def test_arms_a_grid_and_seeds_are_combined_and_named():
    models = names(
        varied(
            default="loose-threshold6-1",
            arms={"loose": {"iterations": 2}, "tight": {}},
            grid={"isheep.selection.threshold": [6, 8.5]},
            seeds=[1, 2],
        )
    )
    assert list(models) == [
        f"{arm}-threshold{value}-{seed}" for arm in ("loose", "tight") for value in ("6", "8.5") for seed in (1, 2)
    ]
    model = models["loose-threshold8.5-2"]
    assert (model.settings.iterations, model.settings.isheep.selection.threshold, model.settings.seed) == (2, 8.5, 2)
    assert model.arm == "loose-threshold8.5"


def test_values_of_a_grid_may_have_names_of_their_own():
    grid = {"isheep.assessment.assessor": {"own": "current", "base": "base"}}
    assert list(names(varied(default="own", grid=grid))) == ["own", "base"]


def test_a_file_is_laid_over_the_one_that_it_extends(tmp_path):
    (tmp_path / "below").mkdir()
    below = {**MINIMAL, "isheep": {"selection": {"threshold": 5}, "synthesis": {"target": 7}}}
    (tmp_path / "below/base.yaml").write_text(yaml.safe_dump(below))
    above = {"extends": "below/base.yaml", "isheep": {"selection": {"threshold": 6}}, "seed": 9}
    (tmp_path / "above.yaml").write_text(yaml.safe_dump(above))
    default, sharing = read_config_files([tmp_path / "above.yaml"])
    settings = sharing.models[default].settings
    assert (settings.seed, settings.isheep.selection.threshold, settings.isheep.synthesis.target) == (9, 6, 7)


def test_files_that_extend_each_other_are_refused(tmp_path):
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({"extends": f"{other}.yaml"}))
    with pytest.raises(UserError, match="the files extend each other"):
        read_config_files([tmp_path / "a.yaml"])


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ({"seeds": [1, 1]}, "two models would be called 'one-1'"),
        ({"grid": {"isheep.synthesis.template": ["a/b.txt"]}}, "cannot be a folder's name"),
        ({"arms": {"iter1": {}}}, "'iter1' is a folder of results/ already"),
        ({"arms": {"two": {"isheep": {"selection": {"treshold": 1}}}}}, "models.two: isheep.selection.treshold"),
        ({"arm": {}}, "variants.one.arm: there is no such key"),
        ({"arms": {"two": {}}}, "default_model: 'one' is not among models"),
    ],
)
def test_versions_that_cannot_be_are_refused(variants, message):
    with pytest.raises(UserError, match=message):
        names(varied(**variants))


def test_the_first_model_that_needs_it_owns_it_and_paths_lead_there():
    models = {
        "none": {"base": "b", "isheep": {"selection": {"threshold": 0}}},
        "self": {"base": "b"},
        "strict": {"base": "b", "isheep": {"selection": {"threshold": 9}}},
        "other": {"base": "c"},
    }
    _, sharing = read_config({"default_model": "self", "models": models}, "config")
    assert sharing.path("self", "iter1/rule_filtered.jsonl") == "results/none/iter1/rule_filtered.jsonl"
    assert sharing.path("strict", "iter1/evaluated.jsonl") == "results/self/iter1/evaluated.jsonl"
    assert sharing.path("strict", "iter1/score_filtered.jsonl") == "results/strict/iter1/score_filtered.jsonl"
    assert sharing.path("self", "iter2/prompts.jsonl") == "results/self/iter2/prompts.jsonl"
    assert sharing.path("other", "iter0/merged/manifest.json") == "results/other/iter0/merged/manifest.json"
    with pytest.raises(UserError, match="topics.jsonl: the recipe 'isheep' makes no such file"):
        sharing.path("self", "iter1/topics.jsonl")


def test_a_chat_template_is_a_name_or_a_file():
    for chosen, file in (("plain", "config/chat_templates/plain.jinja"), ("./mine.jinja", "./mine.jinja")):
        one = {**MINIMAL["models"]["one"], "chat_template": chosen}
        assert names({**MINIMAL, "models": {"one": one}})["one"].settings.chat_template == file


def test_every_path_of_a_file_may_begin_with_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    entry = ModelEntry.model_validate(
        {
            "base": "org/name",
            "seeds": ["~/seeds.jsonl", "here/~/seeds.jsonl"],
            "chat_template": "~/mine.jinja",
            "held_out": {"tasks": "~/tasks.jsonl", "grader": "a.module"},
            "isheep": {"synthesis": {"template": "~/ask.txt"}, "assessment": {"family": "~/rate"}},
        }
    )
    assert [named.name for named in entry.named()] == [
        "/home/me/ask.txt",
        "/home/me/rate/quality.txt",
        "/home/me/rate/following.txt",
        "/home/me/mine.jinja",
        "/home/me/seeds.jsonl",
        "here/~/seeds.jsonl",
        "/home/me/tasks.jsonl",
        "a.module",
    ]


def test_steps_and_roles_that_no_recipe_has_are_errors():
    recipe = names(MINIMAL)["one"].recipe
    assert (recipe.step("synthesis_2").role, recipe.step("answering").role) == ("writer", "writer")
    for step in ("synthesis_two", "answers", "held_out"):
        with pytest.raises(UserError, match=f"has no step '{step}'; its steps are"):
            recipe.step(step)
    with pytest.raises(UserError, match="has no role 'teacher'"):
        recipe.model_of("teacher", None, 1)


def test_a_model_beside_an_entry_is_its_own_base_or_an_iteration_of_another_or_one_of_its_own():
    own = {"base": "org/big", "revision": "abc", "chat_template": "chatml"}
    classifier = {"base": "org/nli", "revision": "abc"}
    models = {
        "plain": {"base": "b"},
        "weak": {"base": "b", "autoif": {"supervisor": "plain/iter2", "supervisor_engine": {"shards": 4}}},
        "strong": {
            "base": "b",
            "judging": {"judge": own, "engine": {"shards": 3}},
            "autoif": {"supervisor": own, "consistency": {"by": "classifier", "classifier": classifier}},
        },
        "other": {"base": "b", "recipe": "isheep", "judging": {"judge": "other/iter3"}},
    }
    _, sharing = read_config({"default_model": "plain", "recipe": "autoif", "models": models}, "config")
    models = sharing.models
    big, nli = models_of_their_own(models.values())
    assert (big[:4], nli[:4]) == ("big-", "nli-")

    def manifest(model: str, key: str) -> str:
        return beside_manifest(models[model], key, sharing)

    assert manifest("plain", "autoif.supervisor") == "results/plain/iter0/merged/manifest.json"
    assert manifest("weak", "autoif.supervisor") == "results/plain/iter2/merged/manifest.json"
    assert manifest("strong", "autoif.supervisor") == f"results/beside/{big}/merged/manifest.json"
    assert manifest("strong", "judging.judge") == f"results/beside/{big}/merged/manifest.json"
    assert manifest("strong", "autoif.consistency.classifier") == f"results/beside/{nli}/merged/manifest.json"
    assert manifest("other", "judging.judge") == "results/other/iter3/merged/manifest.json"
    shards = {
        name: [model.engine_of(step).shards for step in ("online", "verifiers", "turn_scores")]
        for name, model in models.items()
        if name != "other"
    }
    assert shards == {"plain": [1, 1, 1], "weak": [1, 4, 1], "strong": [1, 1, 3]}
    assert [key for key, _ in models["strong"].settings.bases()] == [
        "base",
        "judging.judge",
        "autoif.supervisor",
        "autoif.consistency.classifier",
    ]
