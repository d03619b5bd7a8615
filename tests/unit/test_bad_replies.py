"""Bad files, names and rows of SELF-ALIGN's replies: each is refused in one line, and nothing is written."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from scripts.configuration import read_config_files
from scripts.lib.config.named import check_named
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import write_rows
from tests.unit.refusals import refusal
from tests.unit.self_align_replies import EXEMPLARS, MADE_BY, TASKS, prepare, replied

PROMPT = "--template {template} --principles {principles} --exemplars {exemplars}"
PLAN = f"self_align.plan_replying --input {{tasks}} {PROMPT} --output out"
COLLECT = "self_align.collect_replying --input {tasks} --completions {completions} --output out"
READ = "self_align.read_replies --completions {completions} --output out"
FILTER = f"self_align.reply_filter --input {{outputs}} {PROMPT} --name Ada --output out --rejected rejected"
IDENTITY = "self_align.collect_identity --input {identity} --output out"
VERBOSE = "self_align.plan_verbose --input {tasks} --model model --template {verbose} --output out"
COLLECT_VERBOSE = "self_align.collect_verbose --input {tasks} --completions {completions} --output out"
VERBOSE_FILTER = (
    "self_align.verbose_filter --input {outputs} --template {verbose} --name Ada --output out --rejected rejected"
)
GOOD = {
    "template": "template.txt",
    "principles": "principles.txt",
    "exemplars": "exemplars.jsonl",
    "tasks": "tasks.jsonl",
    "completions": "completions.jsonl",
    "outputs": "outputs.jsonl",
    "identity": "identity.jsonl",
    "verbose": "verbose.txt",
}
WRITTEN = {"id": "a", "text": " I am Ada.\n\nAda: Elbe", "finish_reason": "stop", "made_by": MADE_BY}
ROW = {"id": "i", "instruction": "Who?", "output": "{{name}}."}


def line(row, **changes):
    """Return a row as a line of JSON; what is None is left out."""
    return json.dumps({key: value for key, value in {**row, **changes}.items() if value is not None})


def arguments(command, **bad):
    return command.format(**{**GOOD, **bad}).split()


@pytest.fixture
def world(tmp_path, monkeypatch, root):
    """A folder with all that the commands need, to be spoilt by the file "bad"."""
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    write_rows("completions.jsonl", [{**WRITTEN, "id": task["id"]} for task in TASKS])
    write_rows("outputs.jsonl", [replied("Elbe")])
    write_rows("identity.jsonl", [ROW])
    Path("verbose.txt").write_text("At length:\n{{instruction}}")
    Path("model").symlink_to(root / "config/models/tiny")
    return tmp_path


FIRST = EXEMPLARS[0]
BAD = [
    (PLAN, "principles", "Be kind.", 'bad:1: not a principle: "Be kind."; write its number, its name'),
    (PLAN, "principles", "# none\n\n", "bad: there are no principles in this file; write one a line"),
    (PLAN, "principles", "1 (kind). Be so.\n3 (candid). Be so.", "bad:2: principle 3 stands where 2 is expected"),
    (PLAN, "principles", "1 (kind). Be so.\n1 (kind). Be so.", "bad:2: principle 1 stands where 2 is expected"),
    (PLAN, "principles", "1 (). Be so.", "bad:1: not a principle"),
    (PLAN, "exemplars", "", "bad: there are no exemplars in this file"),
    (PLAN, "exemplars", line(FIRST, rules=[3]), "(id 'row-000001'): there is no rule 3; the principles are numbered"),
    (PLAN, "exemplars", line(FIRST, rules=[0]), "there is no rule 0; the principles are numbered from 1 to 2"),
    (PLAN, "exemplars", line(FIRST, rules=[True]), "there is no rule true"),
    (PLAN, "exemplars", line(FIRST, rules=[]), "'rules' must be a list of the numbers of the principles"),
    (PLAN, "exemplars", line(FIRST, rules="2"), "'rules' must be a list of the numbers"),
    (PLAN, "exemplars", line(FIRST, thought=None), "bad:1 (id 'row-000001'): 'thought' must be text, but is missing"),
    (PLAN, "exemplars", line(FIRST, output=" "), "'output' must not be blank"),
    (PLAN, "exemplars", line(FIRST, output="Yes.\n\nUser: More"), "'output' must not have a line that begins"),
    (PLAN, "exemplars", line(FIRST, words="Ottel"), "'words' must be a list of words that tell a copy"),
    (PLAN, "exemplars", line(FIRST, words=[""]), "'words' must be a list of words that tell a copy"),
    (PLAN, "template", "{{principles}}", "bad: the template must have the slots ['exemplars', 'principles'], but has"),
    (PLAN, "template", "{{principles}} {{exemplars}} {{nmae}}", "bad: the template must have the slots"),
    (PLAN, "tasks", line(TASKS[0], instruction=None), "bad:1 (id 'a'): 'instruction' must be text, but is missing"),
    (COLLECT, "completions", line(WRITTEN, id="z"), "bad: no completion of 'a'; the file is cut off or from another"),
    (COLLECT, "completions", line(WRITTEN, text=None), "bad:1 (id 'a'): text: Field required"),
    (COLLECT, "tasks", line(TASKS[0], made_by="me"), "bad: row 'a': made_by must be an object"),
    (READ, "completions", line(WRITTEN, finish_reason="eos"), "bad:1 (id 'a'): finish_reason: "),
    (FILTER, "outputs", line(replied("x"), completion=None), "bad:1 (id 'a'): 'completion' must be text, but is"),
    (FILTER, "outputs", line(replied("x"), finish_reason=None), "bad:1 (id 'a'): 'finish_reason' must be stop or"),
    (FILTER, "outputs", "", "bad: there are no rows in this file"),
    (FILTER, "principles", "1 (kind) Be so", "there is no rule 2; the principles are numbered from 1 to 1"),
    (
        IDENTITY + " --repeat 2",
        "identity",
        "\n".join(line(ROW, id=identity) for identity in ("i", "i-2")),
        "bad: the id 'i-2' is what a copy of another row is called (--repeat 2",
    ),
    (IDENTITY, "identity", "", "bad: there are no rows in this file; identity.rows: null does without them"),
    (IDENTITY, "identity", line(ROW, output="{{nmae}}."), "bad:1 (id 'i'): 'output' has the slot {{nmae}}, but only"),
    (IDENTITY, "identity", line(ROW, output=""), "bad:1 (id 'i'): 'output' must not be blank"),
    (IDENTITY, "identity", line(ROW, instruction=None), "bad:1 (id 'i'): 'instruction' must be text, but is missing"),
    (VERBOSE, "verbose", "At length!", "bad: the template must have the slots ['instruction'], but has []"),
    (COLLECT_VERBOSE, "completions", line(WRITTEN), "bad: no completion of 'b'"),
    (VERBOSE_FILTER, "outputs", line(replied("x"), finish_reason="eos"), "'finish_reason' must be stop or length"),
    (VERBOSE_FILTER, "verbose", "{{instruction}} {{input}}", "bad: the template must have the slots"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "file", "content", "message"), BAD)
def test_a_file_that_cannot_be_right_is_named_with_its_line(world, command, file, content, message):
    Path("bad").write_text(content)
    name, *rest = arguments(command, **{file: "bad"})
    said = refusal(name, *rest, inputs=world if content else world / "model", output=world / "out")
    assert message in said and len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--name", "<|im_end|>"], "options: name ('<|im_end|>'): must be letters and digits, with single spaces"),
        (["--name", "A\nda"], "options: name ('A\\nda'): must be letters and digits"),
        (["--name", "{{name}}"], "options: name ('{{name}}'): must be letters and digits"),
        (["--name", "Ada:"], "options: name ('Ada:'): must be letters and digits"),
        (["--name", " "], "options: name (' '): must be letters and digits"),
        (["--alias", "[INST]"], "options: alias ('[INST]'): must be letters and digits"),
        (["--introduction", "I am\n{{name}}."], "options: introduction: must be a sentence in one line"),
        (["--introduction", "I am {{nmae}}."], "options: introduction: must be a sentence in one line, with {{name}}"),
        (["--introduction", "<s>I am."], "options: introduction: must be a sentence in one line"),
        (["--introduction", " "], "options: introduction: must not be blank"),
        (["--temperature", "-1"], "argument --temperature"),
    ],
)
def test_an_assistant_that_could_not_be_read_back_is_refused(world, more, message):
    name, *rest = arguments(PLAN)
    assert message in refusal(name, *rest, *more, inputs=world, output=world / "out")


def test_files_of_tasks_that_share_an_id_are_refused(world):
    name, *rest = arguments(VERBOSE, tasks="tasks.jsonl")
    place = rest.index("tasks.jsonl")
    said = refusal(name, *rest[:place], "tasks.jsonl", "outputs.jsonl", *rest[place + 1 :], inputs=world)
    assert "outputs.jsonl: the id 'a' is in another file of tasks, too" in said


@pytest.mark.parametrize(("command", "rule"), [(FILTER, "apology"), (VERBOSE_FILTER, "apolgy")])
def test_a_rule_that_the_set_has_not_is_refused(world, command, rule):
    name, *rest = arguments(command)
    assert f"'{rule}' is none of the rules of 'precise'; they are: " in refusal(
        name, *rest, "--without", rule, inputs=world, output=world / "out"
    )


PLANNED = {
    "principles without numbers": ("replying", "principles", "Be kind.\n", "bad:1: not a principle"),
    "no principles": ("replying", "principles", "\n", "bad: there are no principles in this file"),
    "an exemplar of a missing rule": (
        "replying",
        "exemplars",
        line(FIRST, rules=[99]),
        "bad:1 (id 'row-000001'): there is no rule 99; the principles are numbered from 1 to 16",
    ),
    "an exemplar with a slot that nothing fills": (
        "replying",
        "exemplars",
        line(FIRST, output="I am from {{ organisation }}."),
        "bad:1 (id 'row-000001'): 'output': it has the slot {{ organisation }}, but only {{name}} and {{cutoff}} are",
    ),
    "a principle with a slot that nothing fills": (
        "replying",
        "principles",
        "1 (kind). {{Name}} is kind.",
        "bad:1: it has the slot {{Name}}, but only {{name}} and {{cutoff}} are filled",
    ),
    "an exemplar that is no JSON": ("replying", "exemplars", "{", "bad:1: broken JSON"),
    "a template without its slot": ("replying", "template", "{{exemplars}}", "bad: the template must have the slots"),
    "a slot that is not filled": ("identity", "rows", line(ROW, output="{{me}}"), "bad:1 (id 'i'): 'output' has the"),
    "identity rows that are none": ("identity", "rows", "\n", "bad: there are no rows in this file"),
    "seed questions that are none": ("topics", "seeds", "\n", "bad: there are no questions in this file"),
}


@pytest.fixture
def project(tmp_path, monkeypatch, root):
    """A folder with the project's configuration."""
    shutil.copytree(root / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)


def checked(recipe, **chapter):
    """Check a configuration of one model as it is checked before anything is planned."""
    model = {"base": "config/models/tiny", "recipe": recipe, "iterations": 2}
    Path("one.yaml").write_text(yaml.safe_dump({"default_model": "one", "models": {"one": model}, **chapter}))
    check_named(read_config_files([Path("one.yaml")])[1])


@pytest.mark.parametrize("case", PLANNED)
def test_what_a_file_must_hold_is_looked_at_before_anything_is_planned(project, case):
    section, key, content, message = PLANNED[case]
    Path("bad").write_text(content)
    with pytest.raises(UserError) as error:
        checked("self_align", self_align={section: {key: "bad"}})
    (said,) = str(error.value).splitlines()
    assert said.startswith(f"models.one: self_align.{section}.{key}: {message}")


def test_the_files_of_the_project_are_sound_in_both_versions(project):
    folder = "config/prompts/self_align"
    for version in (1, 2):
        files = {
            "principles": f"{folder}/principles_v{version}.txt",
            "exemplars": f"{folder}/exemplars_v{version}.jsonl",
        }
        checked("self_align", self_align={"replying": files})


def test_files_of_another_recipe_and_files_that_are_yet_to_be_made_are_not_looked_into(project):
    Path("bad").write_text("Be kind.")
    checked("isheep", self_align={"replying": {"principles": "bad"}})
    checked("self_align", self_align={"replying": {"exemplars": "results/made/exemplars.jsonl"}})


@pytest.mark.parametrize(
    ("chapter", "message"),
    [
        ({"assistant": {"name": "<|im_start|>"}}, "name ('<|im_start|>'): must be letters and digits"),
        ({"assistant": {"alias": "a\nb"}}, "alias ('a\\nb'): must be letters and digits"),
        ({"assistant": {"introduction": "I am {{who}}."}}, "introduction: must be a sentence in one line"),
        ({"reply_filter": {"rules": "v2", "without": ["apology"]}}, "'apology' is none of the rules of 'v2'"),
        ({"verbose_filter": {"without": ["cut_at_item_13"]}}, "'cut_at_item_13' is none of the rules of 'precise'"),
        ({"reply_filter": {"shortest": -1}}, "reply_filter.shortest"),
    ],
)
def test_settings_that_cannot_be_right_are_named(project, chapter, message):
    with pytest.raises(UserError) as error:
        checked("self_align", self_align=chapter)
    assert message in str(error.value)
