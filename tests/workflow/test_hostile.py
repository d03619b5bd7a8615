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

from scripts.configuration import ModelEntry, read_config
from scripts.lib.config.sections import HeldOut, Section
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import read_rows
from tests.workflow.conftest import (
    Project,
    checkout,
    configure_self_align,
    small_config,
    small_self_align_config,
)

HOSTILE = 'it\'s $(touch pwned); `touch pwned` "a" & b > c é模'
"""A name that files can have, and that runs commands, or breaks them, wherever a shell reads it unquoted."""

WORDS = HOSTILE.replace(">", "|")
"""The same as words that an assistant may be told: what special tokens are made of is refused there."""

NAME = "it's 模"
"""A name that an assistant may have."""

BASE, TEMPLATE, FAMILY, SEEDS = f"{HOSTILE} base", f"{HOSTILE}.txt", f"./{HOSTILE} family", f"{HOSTILE}.jsonl"
GIVEN = f"{HOSTILE} given.jsonl"
TINY = "config/prompts/tiny/self_align"

SHARED = {
    "base": BASE,
    "revision": HOSTILE,
    "chat_template": f"{HOSTILE}.jinja",
    "pad_token": HOSTILE,
    "seeds": [SEEDS],
    "held_out.tasks": SEEDS,
    "held_out.grader": HOSTILE,
}
ISHEEP = {
    "isheep.synthesis.template": TEMPLATE,
    "isheep.assessment.family": FAMILY,
    "isheep.assessment.oracle": HOSTILE,
    "isheep.filter.without": None,  # names of rules, which are checked
}
SELF_ALIGN = {
    "self_align.assistant.name": NAME,
    "self_align.assistant.alias": f"{NAME} 2",
    "self_align.assistant.organisation": f"{WORDS} organisation",
    "self_align.assistant.cutoff": f"{WORDS} cutoff",
    "self_align.assistant.introduction": f"{{{{name}}}}: {WORDS}",
    "self_align.synthesis.template": TEMPLATE,
    "self_align.topics.template": f"{HOSTILE} topics.txt",
    "self_align.topics.seeds": f"{HOSTILE} questions.jsonl",
    "self_align.questions.template": f"{HOSTILE} questions.txt",
    "self_align.prompts.files": [GIVEN],
    "self_align.replying.template": f"{HOSTILE} replying.txt",
    "self_align.replying.principles": f"{HOSTILE} principles.txt",
    "self_align.replying.exemplars": f"{HOSTILE} exemplars.jsonl",
    "self_align.replying.forbidden": [HOSTILE, f"--{HOSTILE}"],
    "self_align.reply_filter.without": None,
    "self_align.identity.rows": f"{HOSTILE} identity.jsonl",
    "self_align.verbose.template": f"{HOSTILE} verbose.txt",
    "self_align.verbose_filter.without": None,
}
WRITING = ("self_align.synthesis.template", "self_align.topics", "self_align.questions")
"""What SELF-ALIGN reads where prompts are written, and not where they are given."""

FILES = {
    f"{HOSTILE}.jinja": "config/chat_templates/chatml.jinja",
    SEEDS: "config/seeds/tiny.jsonl",
    GIVEN: "config/seeds/tiny.jsonl",
    TEMPLATE: "config/prompts/tiny/synthesis.txt",
    f"{HOSTILE} questions.jsonl": "config/seeds/tiny_questions.jsonl",
    f"{HOSTILE} identity.jsonl": "config/seeds/tiny_identity.jsonl",
    f"{HOSTILE} exemplars.jsonl": f"{TINY}/exemplars.jsonl",
    **{f"{HOSTILE} {name}.txt": f"{TINY}/{name}.txt"
       for name in ("topics", "questions", "replying", "principles", "verbose")},
}  # fmt: skip
"""What the hostile names name is what these files hold."""


def texts(section: type[Section], path: str = "") -> Iterator[str]:
    """The keys of a section, and of those nested in it, that may hold any text."""
    for name, field in section.model_fields.items():
        nested = HeldOut if name == "held_out" else field.annotation
        if isinstance(nested, type) and issubclass(nested, Section):
            yield from texts(nested, f"{path}{name}.")
        elif str in _inside(field.annotation):
            yield f"{path}{name}"


def _inside(annotation: object) -> set[object]:
    if get_origin(annotation) in (tuple, types.UnionType):
        return set().union(*map(_inside, get_args(annotation)))
    return {annotation}


def hostile_config(config: dict, values: dict) -> dict:
    """The configuration with one model, of which every text is one of these."""
    entry: dict = {}
    for key, value in values.items():
        if value is None:
            continue
        place = entry
        *sections, last = key.split(".")
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return {**config, "default_model": "tiny", "models": {"tiny": entry}}


def put_in_place(project: Project) -> None:
    """Give the project what the hostile names name."""
    folder = project.folder
    (folder / BASE).symlink_to("config/models/tiny")
    for name, source in FILES.items():
        (folder / name).write_bytes((folder / source).read_bytes())
    (folder / FAMILY).symlink_to("config/prompts/tiny/assessment")
    (folder / f"{HOSTILE}.py").write_text("")


def without(values: dict, *beginnings: str) -> dict:
    """The values, less those whose key begins so."""
    return {key: value for key, value in values.items() if not key.startswith(beginnings)}


def every_text(values: dict) -> set[str]:
    """All texts among the values."""
    listed = (value if isinstance(value, list) else [value] for value in values.values() if value is not None)
    return {text for texts in listed for text in texts}


def words_of_commands(project: Project) -> list[str]:
    """The words that a shell would read in the commands of everything that is planned."""
    plan = project.snakemake("-n", "-p", "all").stdout
    commands = [line.strip() for line in plan.splitlines() if "scripts." in line or f" -m '{HOSTILE[:2]}" in line]
    return [word for command in commands if "2>&1 | tee" in command for word in shlex.split(command)]


def test_the_tables_have_every_text_of_the_schema():
    assert set(texts(ModelEntry)) == {*SHARED, *ISHEEP, *SELF_ALIGN}


@pytest.mark.parametrize("oracle", [False, True])
def test_every_text_of_a_configuration_is_one_word_of_a_command(project, oracle):
    put_in_place(project)
    values = SHARED | (ISHEEP if oracle else without(ISHEEP, "isheep.assessment.oracle"))
    project.configure(hostile_config(small_config(), values))
    found = {word for word in words_of_commands(project) if "touch" in word}
    templates = set() if oracle else {f"{FAMILY}/{criterion}.txt" for criterion in ("quality", "following")}
    assert found == (every_text(values) - {FAMILY}) | templates
    assert not (project.folder / "pwned").exists()


@pytest.mark.parametrize("given", [False, True])
def test_so_is_every_text_of_self_align(project, given):
    put_in_place(project)
    values = SHARED | (SELF_ALIGN if given else without(SELF_ALIGN, "self_align.prompts"))
    project.configure(hostile_config(small_self_align_config(), values))
    words = words_of_commands(project)
    expected = SHARED | (without(SELF_ALIGN, *WRITING) if given else without(SELF_ALIGN, "self_align.prompts"))
    assert {word for word in words if "touch" in word} == every_text(expected) - {NAME, f"{NAME} 2"}
    assert {NAME, f"{NAME} 2"} <= set(words)
    assert not (project.folder / "pwned").exists()


@pytest.mark.parametrize("key", ["name", "alias", "organisation", "cutoff", "introduction"])
def test_an_assistant_is_not_told_what_special_tokens_are_made_of(key):
    config = small_self_align_config()
    config["self_align"]["assistant"][key] = HOSTILE
    with pytest.raises(UserError, match=rf"self_align\.assistant: .*\b{key}\b"):
        read_config(config, "config.yaml")


def test_an_organisation_that_looks_like_a_flag_is_none(project):
    config = small_self_align_config()
    config["self_align"]["assistant"].update(organisation="--help", cutoff=f"{WORDS} cutoff")
    configure_self_align(project, config)
    project.snakemake("--cores", "1", "results/tiny_self_align/identity.jsonl")
    said = [row["output"] for row in read_rows(project.folder / "results/tiny_self_align/identity.jsonl")]
    assert any("--help" in output for output in said) and any(f"{WORDS} cutoff" in output for output in said)
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
