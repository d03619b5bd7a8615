"""A configuration that cannot be right is refused in one line that names the key, before anything is planned."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.configuration import read_config_files
from scripts.lib.config.named import check_named
from scripts.lib.errors import UserError
from tests.conftest import ROOT
from tests.unit.refusals import refusal

GOOD = "default_model: one\nmodels: {one: {base: config/models/tiny}}\n"

AUTOIF = (
    "default_model: one\nrecipe: autoif\nmodels:\n"
    "  one: {{base: config/models/tiny, autoif: {{{one}}}}}\n  two: {{base: config/models/tiny, autoif: {{{two}}}}}\n"
)

TEXTS = {
    "empty": ("", "default_model: this key is needed"),
    "a list": ("- one\n- two\n", "a configuration is a mapping of keys, not list"),
    "a number": ("17\n", "a configuration is a mapping of keys, not int"),
    "a bracket that stays open": (GOOD + "engine: {name: auto\n", "not valid YAML"),
    "a tab": (GOOD + "engine:\n\tname: auto\n", "not valid YAML"),
    "an unknown tag": (GOOD + "seed: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
    "a key twice": (GOOD + "seed: 1\nseed: 2\n", "yaml:4: not valid YAML: the key 'seed' stands here a second"),
    "a section twice": (GOOD + "engine: {shards: 2}\nengine: {name: auto}\n", "'engine' stands here a second time"),
    "a key twice in a line": (GOOD + "engine: {shards: 2, shards: 3}\n", "'shards' stands here a second time"),
    "a model twice": ("default_model: a\nmodels:\n  a: {base: b}\n  a: {base: c}\n", "'a' stands here a second time"),
    "a section that is a list": (GOOD + "engine: [name]\n", "engine: this must be a section"),
    "a section that is empty": (GOOD + "engine:\n", "engine: this must be a section"),
    "no model": ("default_model: one\nmodels: {}\n", "models: "),
    "a model without a base": ("default_model: one\nmodels: {one: {}}\n", "models.one.base: this key is needed"),
    "an empty base": ("default_model: one\nmodels: {one: {base: ''}}\n", "models.one.base"),
    "a name with a slash": ("default_model: a/b\nmodels: {a/b: {base: x}}\n", "models.a/b"),
    "a name that goes up": ("default_model: ..\nmodels: {..: {base: x}}\n", "models..."),
    "a name that is taken": ("default_model: iter1\nmodels: {iter1: {base: x}}\n", "'iter1' is a folder of results/"),
    "a number as a name": ("default_model: one\nmodels: {1: {base: x}}\n", "models.1"),
    "a misspelt key": (GOOD + "sead: 1\n", "sead: there is no such key here"),
    "a misspelt key of a model": (
        "default_model: one\nmodels: {one: {base: x, sead: 1}}\n", "models.one.sead: there is no such key here",
    ),
    "a section of a recipe at the top": (GOOD + "selection: {threshold: 1}\n", "write it under isheep:"),
    "an unknown recipe": (GOOD + "recipe: isheeep\n", "recipe: "),
    "a file that extends itself": (GOOD + "extends: bad.yaml\n", "the files extend each other"),
    "a file that extends nothing": (GOOD + "extends: nothing.yaml\n", "nothing.yaml: there is no such file"),
    "seeds that are none": ("default_model: one\nmodels: {one: {base: x, seeds: []}}\n", "models.one.seeds"),
    "one seed file as text": ("default_model: one\nmodels: {one: {base: x, seeds: a.jsonl}}\n", "must be a list"),
    "held-out tasks without a grader": (
        "default_model: one\nmodels: {one: {base: x, held_out: {tasks: a.jsonl}}}\n", "held_out.grader: this key",
    ),
    "variants of nothing": (GOOD + "variants: {two: {seeds: [1]}}\n", "variants.two: there is no such entry"),
    "variants without seeds": (GOOD + "variants: {one: {seeds: []}}\n", "variants.one.seeds"),
    "a seed of variants that is true": (GOOD + "variants: {one: {seeds: [true]}}\n", "variants.one.seeds.0"),
    "a grid of nothing": (GOOD + "variants: {one: {grid: {seed: []}}}\n", "variants.one.grid.seed"),
    "a grid over a section": (GOOD + "variants: {one: {grid: {engine: [1]}}}\n", "engine: this must be a section"),
    "as many examples of seeds as examples": (
        GOOD + "isheep: {synthesis: {examples: 3, origin_samples: 3}}\n", "(3) must be less than examples (3)",
    ),
    "clusters of kept rows": (
        GOOD + "isheep: {synthesis: {origin_samples: 3, few_shot_choice: density}}\n",
        "goes with few_shot_choice ppl or inverse_ppl, not with density",
    ),
    "kept rows drawn by no weight": (
        GOOD + "isheep: {synthesis: {origin_samples: 3}}\n",
        "goes with few_shot_choice ppl or inverse_ppl, not with uniform",
    ),
    "a list that ends in the examples": (
        GOOD + "isheep: {synthesis: {stop_after: 5}}\n", "stop_after (5) must be above examples (5)",
    ),
    "a family that is none": (
        GOOD + "isheep: {assessment: {family: smple}}\n", "no family 'smple': name one of combined, simple, icl",
    ),
    "given rows more than once": (GOOD + "recipe: fine_tuning\n", "iterations: the recipe 'fine_tuning' has no more"),
    "a chat template that is none": (
        "default_model: one\nmodels: {one: {base: x, chat_template: chatlm}}\n",
        "models.one.chat_template: no chat template 'chatlm': name one of chatml, llama3, mistral, gemma, plain",
    ),
    "two GPUs of transformers": (GOOD + "engine: {name: transformers, gpus: 2}\n", "the transformers engine uses one"),
    "rows of an update that one step exceeds": (
        GOOD + "training: {rows_per_update: 16, batch_size: 3, nodes: 2, gpus_per_node: 1}\n",
        "bad.yaml: models.one.training: rows_per_update (16) must be a multiple of batch_size × nodes × gpus_per_node "
        "(3 × 2 = 6); set rows_per_update to 12 or 18, or batch_size to 2 or 4",
    ),
    "a supervisor that is no name": (
        AUTOIF.format(one="supervisor: two", two=""), "models.one.autoif.supervisor: 'two' is no model: write base",
    ),
    "a supervisor that there is not": (
        AUTOIF.format(one="supervisor: three/iter1", two=""), "no model 'three'; there are one, two",
    ),
    "a supervisor after its last iteration": (
        AUTOIF.format(one="supervisor: two/iter4", two=""), "two ends with iter3; name an iteration from 0 to 3",
    ),
    "a supervisor that comes of what it supervises": (
        AUTOIF.format(one="supervisor: one/iter1", two=""),
        "models.one.autoif.supervisor: one cannot be raised by what comes of it; name base, or another entry",
    ),
    "two that supervise each other": (
        AUTOIF.format(one="supervisor: two/iter1", two="supervisor: one/iter2"),
        "autoif.supervisor: these models wait for each other: ",
    ),
    "a classifier that is no section": (
        AUTOIF.format(one="consistency: {by: classifier}", two=""), "by: classifier and a section classifier: go",
    ),
    "a judge that there is not": (GOOD + "judging: {judge: two/iter1}\n", "one.judging.judge: there is no model 'two'"),
    "a rule that is none": (GOOD + "isheep: {filter: {without: [cjkk]}}\n", "'cjkk' is none of the rules"),
}  # fmt: skip

VALUES = [
    *(("seed", value) for value in (-1, 2**32, 1.5, True, "one", None, float("nan"))),
    *(("iterations", value) for value in (0, 100, 2.5, True, "3")),
    *(("engine.shards", value) for value in (0, 4097, True, float("inf"))),
    *(("engine.name", value) for value in ("vlm", 1, True, None)),
    *(("engine.eager", value) for value in (1, "yes", None)),
    *(("engine.cpu_threads", value) for value in (0, -2, 10**12, "two")),
    *(("engine.dtype", value) for value in ("float16", 32)),
    *(("isheep.synthesis.target", value) for value in (0, True, 1e3, "10k", 10**400)),
    *(("isheep.synthesis.expected_yield", value) for value in (0, -1, float("inf"), float("nan"), True)),
    *(("isheep.synthesis.minimum_share", value) for value in (-0.1, 1.1, float("nan"), True)),
    *(("isheep.novelty.threshold", value) for value in (1.1, float("nan"), "0.7")),
    *(("isheep.answering.temperature", value) for value in (-1, float("inf"), float("nan"), [1])),
    *(("isheep.answering.top_p", value) for value in (0, 1.5, float("nan"))),
    *(("isheep.selection.threshold", value) for value in (-2, 11, float("nan"), True)),
    *(("isheep.assessment.retries", value) for value in (-1, 11, True)),
    *(("training.epochs", value) for value in (0, -1, float("inf"), float("nan"), True)),
    *(("training.learning_rate", value) for value in (0, float("inf"), float("nan"), "fast")),
    *(("training.lora_dropout", value) for value in (-0.1, 1, float("nan"))),
    *(("training.validation_share", value) for value in (-0.5, 1, float("nan"))),
    *(("training.max_samples", value) for value in (0, "all", True, 1.5)),
    *(("training.rows_per_update", value) for value in (0, None, 2.5)),
    *(("training.batch_size", value) for value in (0, True, 1.5)),
    *(("training.deepspeed", value) for value in ("zero4", False)),
    *(("autoif.instructions.calls", value) for value in (0, 1.5, True, 10**7)),
    *(("autoif.verifiers.samples", value) for value in (0, 1001, "eight")),
    *(("autoif.cross_validation.case_agreement", value) for value in (-0.1, 1.1, float("nan"), True)),
    *(("autoif.cross_validation.function_bar", value) for value in ("at", None)),
    *(("autoif.back_translation.functions", value) for value in (0, -1, "all")),
    *(("autoif.queries.per_instruction", value) for value in (0, None, 1.5)),
    *(("autoif.verification.undecided", value) for value in ("false", True)),
    *(("autoif.selection.threshold", value) for value in (-1, 11, float("nan"))),
    *(("autoif.pairs.chosen", value) for value in (-0.5, 2, "half")),
    *(("autoif.supervisor", value) for value in (5, ["base"], {"bases": "x"})),
    *(("autoif.dpo.beta", value) for value in (0, -1, float("inf"), float("nan"), True)),
]


def nested(key: str, value: object) -> dict:
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


@pytest.mark.parametrize("case", TEXTS)
def test_a_file_that_cannot_be_right_is_named_with_its_key(case, tmp_path):
    text, message = TEXTS[case]
    (tmp_path / "bad.yaml").write_text(text)
    said = refusal("status", "--configfile", tmp_path / "bad.yaml", inputs=tmp_path)
    assert message in said and "bad.yaml" in said


@pytest.mark.parametrize(("key", "value"), VALUES)
def test_a_value_out_of_range_or_of_another_type_is_named_with_its_key(key, value, tmp_path):
    content = {**yaml.safe_load(GOOD), **nested(key, value)}
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump(content))
    said = refusal("status", "--configfile", tmp_path / "bad.yaml", inputs=tmp_path)
    assert key in said and "bad.yaml" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD.encode("utf-16"), "not UTF-8"),
        ((GOOD + "# Büro\n").encode("latin-1"), "not UTF-8"),
        (b"\x00" + GOOD.encode(), "not valid YAML"),
        (b"[" * 100_000, "not valid YAML"),
        (b"seed: " + b"9" * 5000 + b"\n", "not valid YAML"),
    ],
    ids=["utf-16", "latin-1", "nul", "deep", "long number"],
)
def test_a_file_that_is_no_text_or_no_end_of_brackets_is_named(content, message, tmp_path):
    (tmp_path / "bad.yaml").write_bytes(content)
    said = refusal("status", "--configfile", tmp_path / "bad.yaml", inputs=tmp_path)
    assert message in said and "bad.yaml" in said


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path):
    for place in (tmp_path / "nothing.yaml", tmp_path):
        assert str(place) in refusal("status", "--configfile", place, inputs=tmp_path)


def test_files_that_extend_one_file_keep_what_each_of_them_says(tmp_path):
    (tmp_path / "below.yaml").write_text(GOOD + "seed: 1\ntraining: {epochs: 1, cutoff: 16}\n")
    (tmp_path / "first.yaml").write_text("extends: below.yaml\nseed: 5\ntraining: {epochs: 7}\n")
    (tmp_path / "second.yaml").write_text("extends: below.yaml\niterations: 2\n")
    _, sharing = read_config_files([tmp_path / "first.yaml", tmp_path / "second.yaml"])
    settings = sharing.models["one"].settings
    assert (settings.seed, settings.iterations) == (5, 2)
    assert (settings.training.epochs, settings.training.cutoff) == (7, 16)


def test_which_settings_fit_together_is_asked_of_the_whole_and_not_of_its_parts(tmp_path):
    models = "default_model: one\nmodels: {one: {base: b, training: {batch_size: 12}}}\n"
    (tmp_path / "good.yaml").write_text(models + "training: {rows_per_update: 24, gpus_per_node: 2}\n")
    _, sharing = read_config_files([tmp_path / "good.yaml"])
    training = sharing.models["one"].settings.training
    assert (training.rows_per_update, training.batch_size, training.gpus_per_node) == (24, 12, 2)


def test_values_of_a_command_line_are_read_as_those_of_a_file(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    given = {
        "seed": 4,
        "training": {"learning_rate": "1e-4", "epochs": "3", "deepspeed": "zero2"},
        "engine": {"eager": "true"},
    }
    _, sharing = read_config_files([tmp_path / "good.yaml"], given)
    settings = sharing.models["one"].settings
    assert (settings.training.learning_rate, settings.training.epochs, settings.engine.eager) == (1e-4, 3, True)
    with pytest.raises(UserError, match="good.yaml \\+ --config: training.epochs"):
        read_config_files([tmp_path / "good.yaml"], {"training": {"epochs": "many"}})
    with pytest.raises(UserError, match="extends: belongs into a file"):
        read_config_files([tmp_path / "good.yaml"], {"extends": "other.yaml"})


def test_sections_may_be_merged_into_others(tmp_path):
    merged = "engine: &base {shards: 2, eager: true}\nmodels: {one: {base: b, engine: {<<: *base, shards: 3}}}\n"
    (tmp_path / "good.yaml").write_text("default_model: one\n" + merged)
    _, sharing = read_config_files([tmp_path / "good.yaml"])
    engine = sharing.models["one"].settings.engine
    assert (engine.shards, engine.eager) == (3, True)


def test_a_value_that_a_file_repeats_without_end_is_cut_in_the_message(tmp_path):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 8)]
    (tmp_path / "bad.yaml").write_text(GOOD + "\n".join(lines) + "\nseed: *a7\n")
    assert len(refusal("status", "--configfile", tmp_path / "bad.yaml", inputs=tmp_path)) < 5000


def test_an_exponent_without_a_point_is_a_number(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD + "training: {learning_rate: 5e-5}\n")
    _, sharing = read_config_files([tmp_path / "good.yaml"])
    assert sharing.models["one"].settings.training.learning_rate == 5e-5


NAMES = [
    ({"base": "config/models/tinny"}, "base: config/models/tinny: no such folder"),
    ({"base": "config/config.yaml"}, "base: config/config.yaml: no such folder"),
    ({"base": "someone/model"}, "base: someone/model: neither a folder here nor a pinned hub id"),
    ({"base": "results/one/iter1/merged"}, "base: results/one/iter1/merged lies in results/one/"),
    ({"base": "results/iter1/merged"}, "base: results/iter1/merged lies in results/one/"),
    ({"seeds": ["config/seeds/general.json"]}, "seeds: config/seeds/general.json: no such file"),
    ({"seeds": ["config/seeds"]}, "seeds: config/seeds is a folder"),
    ({"seeds": ["s" * 5000]}, f"seeds: {'s' * 5000}: File name too long"),
    ({"base": "b" * 5000}, f"base: {'b' * 5000}: "),
    ({"base": "~nobody-of-this-name/m"}, "base: ~nobody-of-this-name/m: "),
    ({"seeds": ["~/seeds.jsonl"]}, f"seeds: {Path.home()}/seeds.jsonl: no such file"),
    ({"chat_template": "chatml.jinja"}, "chat_template: chatml.jinja: no such file"),
    ({"held_out": {"tasks": "tasks.jsonl", "grader": "json.tool"}}, "held_out.tasks: tasks.jsonl: no such file"),
    (
        {"held_out": {"tasks": "config/seeds/tiny.jsonl", "grader": "scripts.tiny_world.grader"}},
        "held_out.grader: scripts.tiny_world.grader: no such module",
    ),
    (
        {"held_out": {"tasks": "config/seeds/tiny.jsonl", "grader": "scripts.tiny_world"}},
        "held_out.grader: scripts.tiny_world: no such module",
    ),
    ({"isheep": {"assessment": {"oracle": "no_such.module"}}}, "isheep.assessment.oracle: no_such.module"),
    ({"isheep": {"assessment": {"oracle": "$(touch it)"}}}, "isheep.assessment.oracle: $(touch it): no such module"),
    ({"isheep": {"assessment": {"oracle": "..os"}}}, "isheep.assessment.oracle: ..os"),
    ({"isheep": {"assessment": {"oracle": "broken.oracle"}}}, "isheep.assessment.oracle: broken.oracle: cannot be"),
    ({"isheep": {"assessment": {"family": "./mine"}}}, "isheep.assessment.family: ./mine/quality.txt: no such file"),
    ({"isheep": {"synthesis": {"template": "tiny.txt"}}}, "isheep.synthesis.template: tiny.txt: no such file"),
    (
        {"isheep": {"synthesis": {"template": "config/prompts/assessment/simple/quality.txt"}}},
        "isheep.synthesis.template: config/prompts/assessment/simple/quality.txt: the template must have the slots",
    ),
    (
        {"isheep": {"assessment": {"family": "./broken"}}},
        "isheep.assessment.family: broken/following.txt: the template must have the slots ['instruction', 'response']",
    ),
    ({"chat_template": "broken/block.jinja"}, "chat_template: broken/block.jinja:2: Unexpected end of template"),
    ({"chat_template": "broken/filter.jinja"}, "chat_template: broken/filter.jinja:1: No filter named 'shout'"),
    ({"chat_template": "broken/bytes.jinja"}, "chat_template: broken/bytes.jinja: "),
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the project's configuration, where a model named "one" has been made."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "results/one/iter1/merged").mkdir(parents=True)
    (tmp_path / "results/iter1").mkdir()
    (tmp_path / "results/iter1/merged").symlink_to("../one/iter1/merged")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/__init__.py").write_text("no code at all")
    (tmp_path / "broken/quality.txt").write_text("{{instruction}} {{response}}")
    (tmp_path / "broken/following.txt").write_text("{{instruction}} {{respose}}")
    (tmp_path / "broken/block.jinja").write_text("{% for message in messages %}\n{{ message }}")
    (tmp_path / "broken/filter.jinja").write_text("{{ messages | shout }}")
    (tmp_path / "broken/bytes.jinja").write_bytes(b"\xff\xfe")
    (tmp_path / "marked.jinja").write_text("{% generation %}{{ messages | tojson }}{% endgeneration %}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("entry", "message"), NAMES)
def test_what_is_named_and_is_not_there_or_not_sound_is_an_error_with_its_key(entry, message, project):
    content = {"default_model": "one", "models": {"one": {"base": "config/models/tiny", **entry}}}
    (project / "bad.yaml").write_text(json.dumps(content))
    with pytest.raises(UserError) as error:
        check_named(read_config_files([project / "bad.yaml"])[1])
    assert f"models.one: {message}" in str(error.value)


def test_what_is_there_or_may_yet_be_made_is_no_error(project):
    held_out = {"tasks": "results/tiny_world/held_out.jsonl", "grader": "scripts.tiny_world.grade"}
    entries = {
        "one": {"base": "config/models/tiny", "held_out": held_out, "chat_template": "marked.jinja"},
        "two": {"base": "results/one/iter1/merged"},
    }
    (project / "good.yaml").write_text(json.dumps({"default_model": "one", "models": entries}))
    check_named(read_config_files([project / "good.yaml"])[1])


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([key for key, _ in VALUES] + ["models.one.seeds", "models.one.held_out", "variants.one.grid"])


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(KEYS, VALUE)
def test_any_value_of_any_key_is_taken_or_refused_by_name(tmp_path, key, value):
    content = yaml.safe_load(GOOD)
    section, _, last = key.rpartition(".")
    place = content
    for name in filter(None, section.split(".")):
        place = place.setdefault(name, {})
    place[last] = value
    file = tmp_path / "any.yaml"
    file.write_text(yaml.safe_dump(content))
    try:
        read_config_files([file])
    except UserError as error:
        assert "any.yaml" in str(error)
