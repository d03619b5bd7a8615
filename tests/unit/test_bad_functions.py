"""Bad rows, files and settings of AutoIF: each is refused in one line that says what to do, and nothing is written."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from scripts.configuration import read_config_files
from scripts.lib.config.named import check_named
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.rows.verdicts import reject
from tests.unit.autoif_steps import MADE_BY, answer, function_row, least_words, written
from tests.unit.refusals import refusal

FILES = "--output out --rejected no"
ASK = "--template {%s_txt} --model model --format base --output out"
PLAN_INSTRUCTIONS = f"autoif.plan_instructions --seeds {{seeds}} --round 2 --kept-before {{new}} {ASK}" % "instructions"
COLLECT_INSTRUCTIONS = (
    f"autoif.collect_instructions --requests {{requests}} --completions {{lists}} --seeds {{seeds}} {FILES}"
)
FINISH = f"autoif.finish_instructions --seeds {{seeds}} --input {{new}} --input-rejected empty {FILES}"
PLAN_VERIFIERS = f"autoif.plan_verifiers --input {{seeds}} {ASK}" % "verifiers"
COLLECT_VERIFIERS = f"autoif.collect_verifiers --input {{seeds}} --completions {{answers}} --samples 2 {FILES}"
PUBLISHED = f"autoif.collect_verifiers --input {{published}} {FILES}"
CROSS = f"autoif.cross_validate --input {{functions}} --workers 1 {FILES}"
TRANSLATE = f"autoif.plan_back_translation --input {{functions}} {ASK}" % "back_translation"
COLLECT_TRANSLATED = f"autoif.collect_back_translation --input {{functions}} --completions {{words}} {FILES}"
LABEL = f"autoif.plan_consistency --input {{translated}} {ASK}" % "consistency"
COLLECT_LABELS = f"autoif.collect_consistency --input {{translated}} --completions {{labels}} {FILES}"
DRAW = f"autoif.draw_prompts --functions {{functions}} --queries {{queries}} --per-instruction 1 {FILES}"
RESPOND = f"autoif.plan_responding --input {{prompts}} --samples 1 {ASK}" % "answering"
COLLECT_ANSWERS = "autoif.collect_responding --input {prompts} --completions {replies} --samples 2 --output out"
ONLINE = "autoif.plan_online --input {prompts} --model model --output out"
VERIFY = f"autoif.verify_responses --input {{outputs}} --functions {{functions}} --workers 1 {FILES}"
VERIFY_ALONE = f"autoif.verify_responses --input {{outputs}} --workers 1 {FILES}"
SCORE = f"autoif.plan_scoring --input {{outputs}} {ASK}" % "scoring"
COLLECT_SCORES = "autoif.collect_scoring --input {outputs} --completions {ratings} --output out"
SELECT = f"autoif.select_by_score --input {{scored}} {FILES}"
PAIR = f"autoif.make_pairs --kept {{kept}} --rejected-answers {{fallen}} --workers 1 {FILES}"
CASES = f"{PAIR} --cases {{functions}}"
TRAIN = (
    "train_preferences --data {pairs} --model model --checkpoints work --epochs 1 --cpu-threads 1 "
    "--output adapter/manifest.json"
)

SEED = {"id": "c", "instruction": "Use at least two words."}
FUNCTION = function_row("c", 1, least_words(2), ("one two", True), ("one", False), made_by={})
TRANSLATED = {**FUNCTION, "back_translation": "Write two words."}
PROMPT = {
    "id": "c/q",
    "instruction": "Where does the river begin? Use at least two words.",
    "input": "",
    "query": "Where does the river begin?",
    "constraint": "Use at least two words.",
    "constraint_id": "c",
}
OUTPUT = {**PROMPT, "id": "c/q/1", "prompt_id": "c/q", "output": "In Rome"}
KEPT = {**OUTPUT, "verdicts": {"true": 1, "false": 0, "undecided": 0}, "accuracy": 1.0}
LABELS = {"entailment": 0.8, "neutral": 0.1, "contradiction": 0.1}
PAIR_ROW = {"id": "p", "instruction": "Say it.", "input": "", "output": "a b", "rejected_output": "a"}


def line(row, **changes):
    """Return a row as a line of JSON; what is None is left out."""
    return json.dumps({key: value for key, value in {**row, **changes}.items() if value is not None})


def fallen(**changes):
    """Return an answer that verification rejected, as its file has it."""
    from scripts.autoif.verify_responses import NOT_FOLLOWED

    return reject({**KEPT, "id": "c/q/2", "output": "Rome", "accuracy": 0.0, **changes}, NOT_FOLLOWED)


GOOD = {
    "seeds": [SEED],
    "new": [{"id": "n", "instruction": "Use no capitals."}],
    "requests": [{"id": "instructions-r1-000001", "prompt": "List:"}],
    "functions": [FUNCTION],
    "translated": [TRANSLATED],
    "queries": [{"id": "q", "instruction": PROMPT["query"]}],
    "prompts": [PROMPT],
    "outputs": [OUTPUT],
    "scored": [{**KEPT, "score": 9.0}],
    "kept": [KEPT],
    "fallen": [fallen()],
    "pairs": [PAIR_ROW],
    "published": [{"id": "c", "instruction": "Say it.", "gpt-answer": [answer(least_words(1), ("one", True))]}],
}
WRITTEN = {
    "lists": {"instructions-r1-000001": "- Use no commas.\n"},
    "answers": {f"c/{number}": answer(least_words(2), ("one two", True)) for number in (1, 2)},
    "words": {"c/1": "Write two words."},
    "replies": {f"c/q/{number}": "In Rome" for number in (1, 2)},
}
"""What a model wrote, as completions."""


def completion(identity, **more):
    return {"id": identity, "made_by": MADE_BY, **more}


@pytest.fixture
def world(tmp_path, monkeypatch, root):
    """A folder with all that the commands need, to be spoilt by the file "bad"."""
    monkeypatch.chdir(tmp_path)
    for name, rows in GOOD.items():
        write_rows(name, rows)
    for name, texts in WRITTEN.items():
        written(name, texts)
    write_rows("labels", [completion("c/1", probabilities=LABELS)])
    write_rows("ratings", [completion("c/q/1", probabilities={"9": 0.9})])
    Path("prompts_of_autoif").symlink_to(root / "config/prompts/autoif")
    Path("empty").write_text("")
    Path("model").symlink_to(root / "config/models/tiny")
    return tmp_path


TEMPLATES = ("instructions", "verifiers", "back_translation", "consistency", "answering", "scoring")
NAMES = {
    **{name: name for name in (*GOOD, *WRITTEN, "labels", "ratings")},
    **{f"{name}_txt": f"prompts_of_autoif/{name}.txt" for name in TEMPLATES},
}


def refused(world, command, **bad):
    """Return the one line that a command ends with."""
    name, *arguments = command.format(**NAMES | bad).split()
    said = refusal(name, *arguments, inputs=world)
    assert len(said.strip().splitlines()) == 1, said
    return said


BAD = [
    (PLAN_INSTRUCTIONS, "seeds", "", "bad: there are no instructions in this file; give rows with an instruction"),
    (PLAN_INSTRUCTIONS, "seeds", line(SEED, instruction="a\nb"), "'instruction' must be a line of text, but is"),
    (PLAN_INSTRUCTIONS, "new", line({"id": "n"}), "bad:1 (id 'n'): 'instruction' must be text, but is missing"),
    (PLAN_INSTRUCTIONS, "instructions_txt", "{{examples}} {{wantd}}", "must have the slots ['examples'], but has"),
    (COLLECT_INSTRUCTIONS, "lists", line(completion("other", text="", finish_reason="stop")), "'other' has no"),
    (f"{COLLECT_INSTRUCTIONS} --kept-before {{new}}", "new", line({"id": "n"}), "bad:1 (id 'n'): 'instruction' must"),
    (FINISH, "new", line({"id": "n"}), "bad:1 (id 'n'): 'instruction' must be text, but is missing"),
    (FINISH, "new", line(SEED), "seeds: the id 'c' is also in bad; give the seed another"),
    (FINISH.replace("empty", "{new}"), "new", line(SEED, id="n"), "bad: row 'n': rejected must be {\"rule\": text}"),
    (PLAN_VERIFIERS, "verifiers_txt", "Write a function.", "must have the slots ['instruction'], but has []"),
    (COLLECT_VERIFIERS, "answers", line(completion("c/1", text="", finish_reason="stop")), "bad: no completion of"),
    (COLLECT_VERIFIERS, "seeds", line(SEED, made_by="me"), "bad: row 'c': made_by must be an object"),
    (PUBLISHED, "published", line(SEED), "bad: row 'c' has no list of texts 'gpt-answer'; give what a model wrote"),
    (PUBLISHED, "published", line(SEED, **{"gpt-answer": [5]}), "has no list of texts 'gpt-answer'"),
    (PUBLISHED, "published", line(SEED, **{"gpt-answer": []}), "has no list of texts 'gpt-answer'"),
    (CROSS, "functions", line(FUNCTION, function=None), "bad:1 (id 'c/1'): 'function' must be text, but is missing"),
    (CROSS, "functions", line(FUNCTION, instruction_id=None), "bad:1 (id 'c/1'): 'instruction_id' must be text,"),
    (CROSS, "functions", line(FUNCTION, instruction_id=7), "bad:1 (id 'c/1'): 'instruction_id' must be text, but"),
    (CROSS, "functions", line(FUNCTION, cases=None), "'cases' must be a list of objects with a text input and an"),
    (CROSS, "functions", line(FUNCTION, cases="none"), "of true or false, but is \"none\""),
    (CROSS, "functions", line(FUNCTION, cases=[{"input": "a", "output": "yes"}]), "of true or false, but is [{"),
    (CROSS, "functions", line(FUNCTION, cases=[{"input": 1, "output": True}]), "of true or false, but is [{"),
    (CROSS, "functions", f"{line(FUNCTION)}\n{line(FUNCTION)}", "bad:2: the id 'c/1' occurs twice; ids must be"),
    (CROSS, "functions", "\n".join(line(FUNCTION, id=name, instruction_id=name[0]) for name in ("c/1", "d/1", "c/2")),
     "bad: row 'c/2': functions of 'c' stand apart from others of it; sort the rows by instruction_id"),
    (COLLECT_TRANSLATED, "words", line(completion("c/1", probabilities=LABELS)), "bad:1 (id 'c/1'): text: Field"),
    (TRANSLATE, "back_translation_txt", "{{instruction}}", "must have the slots ['function'], but has"),
    (LABEL, "translated", line(FUNCTION), "bad: row 'c/1': 'back_translation' must be text or null, but is missing"),
    (LABEL, "translated", line(FUNCTION, back_translation=["a"]), "must be text or null, but is [\"a\"]"),
    (COLLECT_LABELS, "labels", line(completion("c/1", probabilities={"neutral": 1.0})), "entailment: Field required"),
    (COLLECT_LABELS, "labels", line(completion("c/1", probabilities={**LABELS, "neutral": 2})), "less than or"),
    (COLLECT_LABELS, "labels", line(completion("d/1", probabilities=LABELS)), "bad: no completion of 'c/1'"),
    (DRAW, "functions", "", "bad: there are no functions in this file; give rows of functions with their"),
    (DRAW, "functions", line(FUNCTION, instruction=None), "bad:1 (id 'c/1'): 'instruction' must be text, but is"),
    (DRAW, "functions", line(FUNCTION, instruction=" "), "bad:1 (id 'c/1'): 'instruction' must not be blank"),
    (DRAW, "queries", "", "bad: there are no tasks in this file"),
    (DRAW, "queries", line({"id": "q", "instruction": "Why?"}), "bad: 0 of 1 queries have from 21 to 299 characters"),
    (DRAW, "queries", line({"id": "q", "conversations": []}), "'conversations': no user speaks, so that there is"),
    (DRAW.replace("-instruction 1", "-instruction 16"), "queries", line(GOOD["queries"][0]), "and 16 are needed"),
    (RESPOND, "prompts", line(PROMPT, query=None), "bad:1 (id 'c/q'): 'query' must be text, but is missing"),
    (RESPOND, "answering_txt", "{{query}}", "the template must have the slots ['constraint', 'query'], but has"),
    (COLLECT_ANSWERS, "prompts", line(PROMPT, made_by=[1]), "bad: row 'c/q': made_by must be an object"),
    (COLLECT_ANSWERS, "replies", line(completion("c/1", text="", finish_reason="stop")), "bad: no completion of"),
    (ONLINE, "prompts", line(PROMPT, instruction=None), "bad:1 (id 'c/q'): 'instruction' must be text, but is"),
    (VERIFY, "outputs", line(OUTPUT, constraint_id=None), "bad:1 (id 'c/q/1'): 'constraint_id' must be text, but is"),
    (VERIFY, "outputs", line(OUTPUT, output=["a"]), "bad:1 (id 'c/q/1'): 'output' must be text, but is [\"a\"]"),
    (VERIFY, "outputs", line(OUTPUT, constraint_id="d"), "bad: no function in functions verifies the instruction"),
    (VERIFY, "functions", line(FUNCTION, id="d/1", instruction_id="d"), "no function in bad verifies the"),
    (VERIFY, "functions", "", "no function in bad verifies the instruction 'c'; give the functions that the prompts"),
    (VERIFY, "functions", line({"id": "c", "eval_func": [["def", 2]]}), "bad:1: eval_func.0.1: Input should be"),
    (VERIFY_ALONE, "outputs", line(OUTPUT), "bad: its rows carry no functions (eval_func), so give --functions"),
    (VERIFY_ALONE, "outputs", line({"id": "c", "prompt": "Say.", "gpt-answer": ["a"]}), "bad:1: eval_func: Field"),
    (SCORE, "outputs", line(OUTPUT, query=None), "bad:1 (id 'c/q/1'): 'query' must be text, but is missing"),
    (COLLECT_SCORES, "ratings", line(completion("c/q/1", text="Score: 9", finish_reason="stop")),
     "bad: the completion of 'c/q/1' has a written text, which is not read as median; set scoring.score (--score)"),
    (COLLECT_SCORES, "ratings", line(completion("c/q/1", probabilities={"11": 0.5})), "bad:1 (id 'c/q/1'): "),
    (COLLECT_SCORES, "outputs", line(OUTPUT, gen="Score: 9"), "bad:1: gen: Input should be a valid list; write it"),
    ("autoif.collect_scoring --input {outputs} --output out", "outputs", line(OUTPUT), "bad: row 'c/q/1' has no"),
    (SELECT, "scored", line(KEPT), "bad: row 'c/q/1' has no score; score the rows first"),
    (SELECT, "scored", line(KEPT, score="9"), "bad: row 'c/q/1': score must be a number or null, not '9'"),
    (SELECT, "scored", line(KEPT, score=90), "bad: row 'c/q/1': score must be from 0 to 10, not 90"),
    (PAIR, "kept", line(OUTPUT), "'accuracy' must be a number from 0 to 1, or null, but is \"missing\"; verify the"),
    (PAIR, "kept", line(KEPT, accuracy=1.5), "'accuracy' must be a number from 0 to 1, or null, but is 1.5"),
    (PAIR, "kept", line(KEPT, accuracy=True), "'accuracy' must be a number from 0 to 1, or null, but is true"),
    (PAIR, "kept", line(KEPT, prompt_id=None), "bad:1 (id 'c/q/1'): 'prompt_id' must be text, but is missing"),
    (PAIR, "kept", line({"id": "q", "query": "x", "response": [["a", 2.0]]}), "bad:1: response.0.1: Input should"),
    (PAIR, "fallen", line(KEPT), "bad:1 (id 'c/q/1'): 'other_fields' must be text, but is missing"),
    (PAIR, "fallen", line(fallen(), other_fields="{"), "bad:1: other_fields: broken JSON"),
    (PAIR, "fallen", line(fallen(accuracy=-1)), "bad:1 (id 'c/q/2'): 'accuracy' must be a number from 0 to 1"),
    (PAIR, "fallen", line(fallen(id="c/q/1")), "kept, bad: the answer 'c/q/1' is in two files; give the files of"),
    (PAIR, "fallen", line(fallen(instruction="Say it.")), "'c/q/1' and 'c/q/2' have one prompt_id, but were"),
    (CASES, "functions", "", "bad: there are no functions in this file; give functions with cases, or no --cases"),
    (CASES, "functions", line(FUNCTION, cases=None), "bad:1 (id 'c/1'): 'cases' must be a list of objects"),
    (TRAIN, "pairs", line(KEPT), "bad:1 (id 'c/q/1'): 'rejected_output' must be text, but is missing"),
    (TRAIN, "pairs", line(PAIR_ROW, rejected_output="a b"), "no row is left to train on, of 1 read (same_outputs"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "spoilt", "content", "message"), BAD)
def test_what_a_command_cannot_use_is_named_in_one_line(world, command, spoilt, content, message):
    Path("bad").write_text(content)
    assert message in refused(world, command, **{spoilt: "bad"})


READ = [
    *((command, "seeds") for command in (PLAN_INSTRUCTIONS, FINISH, COLLECT_VERIFIERS)),
    *((command, "functions") for command in (CROSS, TRANSLATE, DRAW, VERIFY, CASES)),
    *((command, "outputs") for command in (VERIFY, SCORE, COLLECT_SCORES)),
    *((COLLECT_LABELS, "translated"), (SELECT, "scored"), (PAIR, "kept"), (PAIR, "fallen"), (TRAIN, "pairs")),
]


@pytest.mark.parametrize(("command", "spoilt"), READ)
def test_a_binary_file_and_one_that_is_cut_off_are_named(world, command, spoilt):
    Path("bad").write_bytes(b"\x7fELF\xff\x00\x01")
    assert "bad:1: not UTF-8 (byte " in refused(world, command, **{spoilt: "bad"})
    whole = Path(spoilt).read_bytes()
    Path("bad").write_bytes(whole + whole[: len(whole) // 2])
    assert "bad:2: broken JSON" in refused(world, command, **{spoilt: "bad"})


FALLEN = [
    (CROSS, "functions", line(FUNCTION, function="def evaluate("), "none of the 1 rows of bad was kept"),
    (CROSS, "functions", line(FUNCTION, function="\0"), "none of the 1 rows of bad was kept (no_case_kept 1)"),
    (CROSS, "functions", line(FUNCTION, function="x" * 10**6), "none of the 1 rows of bad was kept (no_case_kept 1)"),
    (CROSS, "functions", line(FUNCTION, cases=[]), "(too_few_cases 1); see no.failed; against too_few_cases, raise"),
    (COLLECT_VERIFIERS, "answers", "\n".join(line(completion(f"c/{n}", text="", finish_reason="stop")) for n in (1, 2)),
     "(no_json 2); see no.failed; against no_json, have the prompt end where the object begins"),
    (COLLECT_LABELS, "labels", line(completion("c/1", probabilities={**LABELS, "contradiction": 1})), "contradicted 1"),
    (VERIFY, "outputs", line(OUTPUT, output="Rome"), "(not_followed 1); see no.failed; against not_followed, lower"),
    (VERIFY, "functions", line(FUNCTION, function="evaluate = len"), "(undecided 1); see no.failed; against"),
    (SELECT, "scored", json.dumps({**KEPT, "score": None}), "(unscored 1); see no.failed; against unscored, read"),
    (PAIR, "fallen", line(fallen(prompt_id="c/other")), "(no_partner 2); see no.failed; against no_partner, raise"),
    (PAIR, "fallen", "", "(no_partner 1); see no.failed; against no_partner, raise the samples of the answers"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "spoilt", "content", "message"), FALLEN)
def test_where_nothing_is_left_the_reasons_are_told_and_the_rows_set_aside(world, command, spoilt, content, message):
    Path("bad").write_text(content)
    name, *arguments = command.format(**NAMES | {spoilt: "bad"}).split()
    said = refusal(name, *arguments, inputs=world / "model", output=world / "out")
    assert message in said and len(said.strip().splitlines()) == 1
    assert Path("no.failed").stat().st_size and not Path("no").exists()


@pytest.fixture
def project(tmp_path, monkeypatch, root):
    """A folder with the project's configuration."""
    shutil.copytree(root / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)


def checked(**chapter):
    """Check a configuration of one model as it is checked before anything is planned."""
    model = {"base": "config/models/tiny", "recipe": "autoif"}
    Path("one.yaml").write_text(yaml.safe_dump({"default_model": "one", "models": {"one": model}, "autoif": chapter}))
    check_named(read_config_files([Path("one.yaml")])[1])


NAMED = [
    ("instructions", "seeds", "\n", "bad: there are no instructions in this file; give rows"),
    ("instructions", "seeds", line(SEED, instruction="a\nb"), "bad:1 (id 'c'): 'instruction' must be a line of text"),
    ("instructions", "seeds", "{", "bad:1: broken JSON"),
    ("instructions", "template", "{{wanted}}", "bad: the template must have the slots ['examples'], but has"),
    *((section, "template", "Now.", "bad: the template must have the slots [") for section in TEMPLATES[1:]),
]


@pytest.mark.parametrize(("section", "key", "content", "message"), NAMED)
def test_what_a_file_must_hold_is_looked_at_before_anything_is_planned(project, section, key, content, message):
    Path("bad").write_text(content)
    with pytest.raises(UserError) as error:
        checked(**{section: {key: "bad"}})
    (said,) = str(error.value).splitlines()
    assert said.startswith(f"models.one: autoif.{section}.{key}: {message}")


@pytest.mark.parametrize(
    ("chapter", "message"),
    [
        ({"queries": {"longer_than": 300}}, "longer_than (300) and shorter_than (300) leave no length for a query"),
        ({"consistency": {"by": "classifier"}}, "by: classifier and a section classifier: go together; set both or"),
        ({"consistency": {"classifier": {"base": "config/models/tiny"}}}, "set both or neither"),
        ({"consistency": {"drop": "all"}}, "autoif.consistency.drop"),
        ({"functions_grader": "no_such.module"}, "autoif.functions_grader: no_such.module: cannot be looked for"),
        ({"verifers": {}}, "autoif.verifers: there is no such key here"),
    ],
)
def test_settings_that_cannot_be_right_are_named(project, chapter, message):
    with pytest.raises(UserError) as error:
        checked(**chapter)
    assert message in str(error.value)


def test_the_files_of_the_project_are_sound(project):
    checked()
