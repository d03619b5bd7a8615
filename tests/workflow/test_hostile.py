"""Words of a configuration reach no shell, and a folder may have any name."""

import json
import shlex
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_origin

import pytest

from scripts.configuration import ModelEntry
from scripts.lib.config.sections import Section
from scripts.lib.rows.jsonl import read_rows
from tests.workflow.conftest import Project, checkout, configure_self_align, small_config, small_self_align_config

HOSTILE = 'it\'s $(touch pwned); `touch pwned` "a" & b > c é模'
"""A name that files can have, and that runs commands, or breaks them, wherever a shell reads it unquoted."""

BASE, TEMPLATE, FAMILY, SEEDS = f"{HOSTILE} base", f"{HOSTILE}.txt", f"./{HOSTILE} family", f"{HOSTILE}.jsonl"
ASKING = {name: f"{HOSTILE} {name}.txt" for name in ("pairwise", "single", "single_reference")}

VALUES = {
    "base": BASE,
    "revision": HOSTILE,
    "chat_template": f"{HOSTILE}.jinja",
    "pad_token": HOSTILE,
    "seeds": [SEEDS],
    "held_out.tasks": SEEDS,
    "held_out.grader": HOSTILE,
    "judging.judge": {"base": BASE, "revision": HOSTILE, "chat_template": f"{HOSTILE}.jinja", "pad_token": HOSTILE},
    "judging.pairwise.questions": SEEDS,
    "judging.pairwise.template": ASKING["pairwise"],
    "judging.two_turns.questions": SEEDS,
    "judging.two_turns.template": ASKING["single"],
    "judging.two_turns.reference_template": ASKING["single_reference"],
    "isheep.synthesis.template": TEMPLATE,
    "isheep.assessment.family": FAMILY,
    "isheep.assessment.oracle": HOSTILE,
    "isheep.filter.without": None,  # names of rules, which are checked
    "evaluation.tasks": None,  # looked for in lm-eval before anything is planned, which is not installed everywhere
    "evaluation.copies": None,
}

WORDS = HOSTILE.replace(">", "")
"""The same without the one of its signs that special tokens are made of: as words of an assistant, or of its texts."""

PROMPTS = {
    name: f"{HOSTILE} {name}"
    for name in (
        "topics.txt",
        "questions.txt",
        "replying.txt",
        "verbose.txt",
        "principles_v1.txt",
        "exemplars_v1.jsonl",
    )
}
SEED_FILES = {name: f"{HOSTILE} {name}" for name in ("questions.jsonl", "identity.jsonl")}
ALIGNING = {
    "self_align.assistant.name": None,  # checked letter by letter, as is the next one
    "self_align.assistant.alias": None,
    "self_align.assistant.organisation": WORDS,
    "self_align.assistant.cutoff": WORDS,
    "self_align.assistant.introduction": WORDS,
    "self_align.synthesis.template": TEMPLATE,
    "self_align.topics.template": PROMPTS["topics.txt"],
    "self_align.topics.seeds": SEED_FILES["questions.jsonl"],
    "self_align.questions.template": PROMPTS["questions.txt"],
    "self_align.prompts.files": None,  # in the place of topics and questions
    "self_align.replying.template": PROMPTS["replying.txt"],
    "self_align.replying.principles": PROMPTS["principles_v1.txt"],
    "self_align.replying.exemplars": PROMPTS["exemplars_v1.jsonl"],
    "self_align.replying.forbidden": [WORDS],
    "self_align.reply_filter.without": None,
    "self_align.identity.rows": SEED_FILES["identity.jsonl"],
    "self_align.verbose.template": PROMPTS["verbose.txt"],
    "self_align.verbose_filter.without": None,
}
"""The same of the recipe that a model of the other one does not read."""

VERIFYING = {
    name: f"{HOSTILE} {name}.txt"
    for name in ("instructions", "verifiers", "back_translation", "consistency", "answering", "scoring")
}
CONSTRAINTS = f"{HOSTILE} constraints.jsonl"
FOLLOWING = {
    "autoif.supervisor": {"base": BASE, "revision": HOSTILE, "pad_token": HOSTILE},
    "autoif.consistency.classifier.base": None,  # in the place of a template, as below
    "autoif.consistency.classifier.revision": None,
    "autoif.instructions.seeds": CONSTRAINTS,
    "autoif.functions_grader": HOSTILE,
    **{f"autoif.{name}.template": file for name, file in VERIFYING.items()},
}
"""The same of AutoIF."""
CLASSIFYING = FOLLOWING | {
    "autoif.consistency.by": "classifier",
    "autoif.consistency.classifier": {"base": BASE, "revision": HOSTILE},
    "autoif.consistency.template": None,
}


def texts(section: type[Section], path: str = "") -> Iterator[str]:
    """The keys of a section, and of those nested in it, that may hold any text."""
    for name, field in section.model_fields.items():
        nested = field.annotation
        if type(None) in get_args(nested):  # a section that may be left out
            nested = get_args(nested)[0]
        if isinstance(nested, type) and issubclass(nested, Section):
            yield from texts(nested, f"{path}{name}.")
        elif str in _inside(field.annotation):
            yield f"{path}{name}"


def _inside(annotation: object) -> set[object]:
    if get_origin(annotation) in (tuple, types.UnionType):
        return set().union(*map(_inside, get_args(annotation)))
    return {annotation}


def hostile_config(oracle: bool) -> dict:
    """The small configuration with every text replaced; an oracle takes the place of the templates."""
    config = small_config()
    config["models"] = {"tiny": entry_of({key: VALUES[key] for key in VALUES if oracle or not key.endswith("oracle")})}
    return config


def entry_of(values: dict) -> dict:
    """An entry of a model with these values by their dotted keys, but those that are None."""
    entry: dict = {}
    for key, value in values.items():
        if value is None:
            continue
        place = entry
        *sections, last = key.split(".")
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return entry


def put_in_place(project: Project) -> None:
    """Give the project what the hostile names name."""
    folder = project.folder
    (folder / BASE).symlink_to("config/models/tiny")
    (folder / f"{HOSTILE}.jinja").write_bytes((folder / "config/chat_templates/chatml.jinja").read_bytes())
    (folder / SEEDS).write_bytes((folder / "config/seeds/tiny.jsonl").read_bytes())
    (folder / TEMPLATE).write_bytes((folder / "config/prompts/tiny/synthesis.txt").read_bytes())
    for name, asking in ASKING.items():
        (folder / asking).write_bytes((folder / f"config/prompts/judging/{name}.txt").read_bytes())
    for source, names in (("config/prompts/self_align", PROMPTS), ("config/seeds", SEED_FILES)):
        for name, hostile in names.items():
            (folder / hostile).write_bytes((folder / source / name).read_bytes())
    for name, hostile in VERIFYING.items():
        (folder / hostile).write_bytes((folder / f"config/prompts/autoif/{name}.txt").read_bytes())
    (folder / CONSTRAINTS).write_bytes((folder / "config/seeds/constraints.jsonl").read_bytes())
    (folder / FAMILY).symlink_to("config/prompts/tiny/assessment")
    (folder / f"{HOSTILE}.py").write_text("")


def test_the_table_has_every_text_of_the_schema():
    assert set(texts(ModelEntry)) == {*VALUES, *ALIGNING, *FOLLOWING}


@pytest.mark.parametrize("oracle", [False, True])
def test_every_text_of_a_configuration_is_one_word_of_a_command(project, oracle):
    put_in_place(project)
    project.configure(hostile_config(oracle))
    found = hostile_words(project)
    names = [BASE, f"{HOSTILE}.jinja", SEEDS, TEMPLATE, HOSTILE]
    templates = [] if oracle else [f"{FAMILY}/{criterion}.txt" for criterion in ("quality", "following")]
    assert found == {*names, *templates, *ASKING.values()}
    assert not (project.folder / "pwned").exists()


def hostile_words(project: Project) -> set[str]:
    """The words of the planned commands that would run something if they were not one word each."""
    plan = project.snakemake("-n", "-p", "all").stdout
    commands = [line.strip() for line in plan.splitlines() if "scripts." in line or f" -m '{HOSTILE[:2]}" in line]
    words = [word for command in commands if "2>&1 | tee" in command for word in shlex.split(command)]
    return {word for word in words if "touch pwned" in word}


@pytest.mark.parametrize(
    ("recipe", "chapter", "expected"),
    [
        ("self_align", ALIGNING, {TEMPLATE, WORDS, *PROMPTS.values(), *SEED_FILES.values()}),
        ("autoif", FOLLOWING, {HOSTILE, CONSTRAINTS, *VERIFYING.values()}),
        ("autoif", CLASSIFYING, {HOSTILE, CONSTRAINTS, *VERIFYING.values()} - {VERIFYING["consistency"]}),
    ],
)
def test_every_text_of_another_recipe_is_one_word_of_a_command(project, recipe, chapter, expected):
    put_in_place(project)
    config = small_config()
    entry = entry_of({"base": BASE, "seeds": [SEEDS], **chapter})
    config["models"] = {"tiny": {"recipe": recipe, "iterations": 2, **entry}}
    project.configure(config)
    assert hostile_words(project) == {BASE, SEEDS, *expected}
    assert not (project.folder / "pwned").exists()


@pytest.mark.parametrize("key", ["name", "alias"])
def test_a_name_that_is_none_is_refused(project, key):
    config = small_config()
    config["models"]["tiny"].update(recipe="self_align", iterations=2, self_align={"assistant": {key: WORDS}})
    project.configure(config)
    refused = project.snakemake("-n", "all", check=False)
    assert refused.returncode != 0 and f"assistant: {key}" in refused.stdout


def test_an_organisation_that_looks_like_a_flag_is_none(project):
    config = small_self_align_config()
    config["self_align"]["assistant"].update(organisation="--help", cutoff=WORDS)
    configure_self_align(project, config)
    project.snakemake("--cores", "1", "results/tiny_self_align/identity.jsonl")
    said = [row["output"] for row in read_rows(project.folder / "results/tiny_self_align/identity.jsonl")]
    assert any("--help" in output for output in said) and any(WORDS in output for output in said)
    assert not (project.folder / "pwned").exists()


def test_a_project_in_a_folder_of_any_name_makes_its_models(tmp_path):
    project = checkout(tmp_path / f"{HOSTILE} 2")
    put_in_place(project)
    config = small_config()
    config["models"]["tiny"].update(base=BASE, seeds=[SEEDS])
    config["isheep"]["synthesis"].update(target=6, template=TEMPLATE)
    config["isheep"]["assessment"]["family"] = FAMILY
    project.configure(config)
    project.snakemake("--cores", "2", "work/tiny/iter1/assessment_1/requests.jsonl")
    requests = (project.folder / "work/tiny/iter1/assessment_1/requests.jsonl").read_text().splitlines()
    assert requests and json.loads(requests[0])["task"] == "score"
    (project.folder / ".venv").symlink_to(Path(sys.prefix))
    done = subprocess.run(["make", "status"], cwd=project.folder, text=True, capture_output=True)
    assert done.returncode == 0 and "new instructions" in done.stdout, done.stderr
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("name", ["{x}", "a:b"])
def test_a_folder_that_nothing_can_run_in_is_named(name, tmp_path):
    done = checkout(tmp_path / name).snakemake("-n", check=False)
    assert done.returncode != 0 and "give it another name" in done.stdout
    assert "Traceback" not in done.stdout
