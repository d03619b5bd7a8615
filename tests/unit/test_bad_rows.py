"""What files must not hold: whoever reads it says in one line which file it is, and where; nothing is written."""

import codecs
import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from scripts import chat
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import write_rows
from tests.conftest import ROOT
from tests.unit.made_up_summaries import summary
from tests.unit.refusals import refusal

FILTER = "isheep.rule_filter --input bad --output out --rejected rejected"
NOVELTY = "novelty_filter --input bad --output out --rejected rejected"
SCORES = "isheep.score_filter --input bad --output out --rejected rejected"
SEEDS = "collect_seeds --input bad --output out"
COMPLETE = "complete --requests bad --model model --journal journal --output out"
TASK = {"id": "a", "instruction": "Name a river.", "input": "", "output": "Elbe"}
GENERATE = {"id": "a", "task": "generate", "prompt": "x", "max_tokens": 1, "temperature": 1, "top_p": 1, "stop": []}
WRITTEN = {"id": "a", "text": " Rhine", "finish_reason": "stop", "made_by": {"model": "m"}}


def line(row=TASK, **changes):
    """Return a row as a line of JSON; what is None is left out."""
    return json.dumps({key: value for key, value in {**row, **changes}.items() if value is not None})


UNREADABLE = {
    "half a character": (line(output="\ud800"), "bad:2: \\ud800 is half a character"),
    "other half of a character": (line(output="\udead"), "bad:2: \\udead is half a character"),
    "half a character in a key": (line(**{"\ud800": 1}), "bad:2: \\ud800 is half a character"),
    "capital escape": ('{"output": "\\uD800"}', "bad:2: \\ud800 is half a character"),
    "deep lists": ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "bad:2: lists or objects are nested"),
    "deep objects": ('{"a": ' * 200 + "1" + "}" * 200, "bad:2: lists or objects are nested"),
    "deep and cut off": ('{"a": ' + "[" * 100_000, "bad:2: lists or objects are nested"),
    "long number": ('{"a": ' + "9" * 5000 + "}", "bad:2: a number of 5000 digits is too large"),
    "a number beyond floats": ('{"a": ' + "9" * 400 + "}", "bad:2: a number of 400 digits is too large"),
    "an exponent beyond floats": ('{"a": 1e999}', "bad:2: the number 1e999 is too large"),
    "NaN": ('{"a": NaN}', "bad:2: NaN is no number"),
    "Infinity": ('{"a": [-Infinity]}', "bad:2: -Infinity is no number"),
    "cut off": ('{"id": "b", "instr', "bad:2: broken JSON"),
    "two values": ("{} {}", "bad:2: broken JSON"),
    "a list": ("[]", "bad:2: a row must be a JSON object"),
    "null": ("null", "bad:2: a row must be a JSON object"),
    "id twice": (line(), "bad:2: the id 'a' occurs twice"),
    "id is null": ('{"id": null}', "bad:2: the id must be text, not null"),
    "a control character": ('{"id": "\x01"}', "bad:2: broken JSON"),
}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A folder with good rows and completions, to be spoilt by the file "bad"."""
    monkeypatch.chdir(tmp_path)
    write_rows("rows.jsonl", [TASK])
    write_rows("completions.jsonl", [WRITTEN])
    Path("template.txt").write_text("Rate {{instruction}} and {{response}}: ")
    return tmp_path


@pytest.mark.parametrize("command", [FILTER, SCORES, SEEDS, COMPLETE])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_line_that_is_no_row_is_named(world, kind, command):
    bad, message = UNREADABLE[kind]
    first = {**GENERATE, "until": "", "seed": 1} if command == COMPLETE else {**TASK, "quality_score": 9}
    Path("bad").write_text(f"{line(first, following_score=None if command == COMPLETE else 9)}\n{bad}\n")
    assert message in refused(world, command)


WHOLE_FILES = [
    (line().encode("utf-16"), "bad:1: not UTF-8 (byte 0); convert the file, e.g. with iconv -f utf-16 -t utf-8"),
    (line().encode("utf-16-le"), "bad:1: broken JSON"),
    (line(output="é").replace("\\u00e9", "é").encode("latin-1"), "bad:1: not UTF-8 (byte "),
    (b"\x00" * 50, "bad:1: broken JSON"),
    (b"\xff\xd8\xff\xe0 a picture", "bad:1: not UTF-8"),
    (b"[5]", "bad: row 1: a row must be a JSON object"),
    (b'[{"a": NaN}]', "bad: NaN is no number"),
    (b'[{"instruction": "\\ud800"}]', "bad: \\ud800 is half a character"),
    (b"[" * 100_000, "bad: lists or objects are nested"),
    (b'[{},\n{"a": 1,\n}]', "bad:3: broken JSON"),
    (codecs.BOM_UTF8 + b"[5]", "bad: row 1: a row must be a JSON object"),
]


@pytest.mark.parametrize("command", [FILTER, SEEDS])
@pytest.mark.parametrize(("content", "message"), WHOLE_FILES)
def test_a_file_that_holds_no_rows_is_named(world, content, message, command):
    Path("bad").write_bytes(content)
    assert message in refused(world, command)


ASSESS = "isheep.collect_assessment --input {} --templates template.txt --completions {} --output out"
SUMMARY = (
    "report.summary --model m --recipe isheep --counts m/iter1/counts/prompts.json --training-logs "
    "m/iter1/adapter/log --row-grades m/iter1/grades/prompts.json --held-out m/iter1/held_out_chat.json "
    "--merged m/iter1/merged --output out --table table --picture picture.png"
)
ANSWERS = "collect_answering --input rows.jsonl --completions bad --output out"
TASKS = (
    "collect_synthesis --requests rows.jsonl --completions bad --seeds rows.jsonl --iteration 1 --output out "
    "--rejected rejected"
)
FINISH = "finish_synthesis --input rows.jsonl --input-rejected bad --output out --rejected rejected"
LOSS = "report.draw_loss --log bad --output out.png"
COMPARE = "report.compare --summaries bad --output out --table table --picture picture.png"
GRADE = "tiny_world.grade --tasks bad --completions completions.jsonl --output out"
NLL = "collect_perplexity --input rows.jsonl --texts pair --completions bad --output out"
RATED = {"id": "a/template/1", "made_by": {}, "probabilities": {"1": 0.5, "10": 0.4}}
ACCURACY = {"accuracy": 0.5, "interval": [0.4, 0.6]}

CONTENTS = [
    *((ANSWERS, line(WRITTEN, **{field: None}), f"{field}: Field required") for field in list(WRITTEN)[1:]),
    *((TASKS, line(WRITTEN, **{field: None}), f"{field}: Field required") for field in list(WRITTEN)[1:]),
    (ANSWERS, line(WRITTEN, text=5), "bad:1 (id 'a'): text: Input should be a valid string"),
    (ANSWERS, line(WRITTEN, finish_reason="tired"), "finish_reason: Input should be 'stop' or 'length'"),
    (TASKS, line(WRITTEN, made_by="me"), "made_by: Input should be a valid dictionary"),
    (NLL, line(id="a/pair", made_by={}), "nll: Field required"),
    (NLL, line(id="a/pair", made_by={}, nll="low"), "nll: Input should be a valid number"),
    (NLL, line(id="a/pair", made_by={}, nll=1e5), "nll: Input should be less than or equal to 700"),
    (NLL, line(WRITTEN), "nll: Field required"),
    (ASSESS.format("rows.jsonl", "bad"), line(RATED, made_by=None), "made_by: Field required"),
    (ASSESS.format("rows.jsonl", "bad"), line(RATED, probabilities={"one": 0.5}), "probabilities"),
    (ASSESS.format("rows.jsonl", "bad"), line(RATED, probabilities={"1": -1}), "greater than or equal to 0"),
    (ASSESS.format("rows.jsonl", "bad"), line(RATED, probabilities=[1]), "valid dictionary"),
    ("collect_answering --input bad --completions completions.jsonl --output out", line(made_by="me"), "made_by must"),
    ("tiny_world.oracle --input bad --output out", line(made_by=["me"]), "made_by must be an object"),
    (SCORES, line(scores={"quality": "9", "following": 9}), "scores.quality must be a number or null"),
    (SCORES, line(scores={"quality": True, "following": 9}), "scores.quality must be a number or null"),
    (SCORES, line(scores=[9, 9]), "has neither scores.quality"),
    (SCORES + " --by density", line(cluster=1.5), "cluster"),
    (SCORES + " --by perplexity", line(perplexity={"output": "low", "pair": 1}), "must be a number or null"),
    (NOVELTY, line(instruction=["Name"]), "'instruction' must be text"),
    (SEEDS, line(instances=[], instruction="x"), "'instances' must be a list of objects"),
    (SEEDS, line(instances=7), "'instances' must be a list of objects"),
    (SEEDS, line(instruction=" "), "the instruction is blank"),
    (SEEDS, line(output="x" * 10**6, input={"long": "x" * 10**6}), "'input' must be text"),
    (SEEDS + " --at-least 2", line(), "1 seed tasks, but 2 are needed"),
    (SEEDS.replace("bad", "bad bad"), line(), "this file is given twice"),
    (FINISH, line(id="b", rejected=1), "rejected must"),
    (COMPLETE, line(GENERATE, seed=1, until=""), "no such manifest"),
    (COMPLETE, line(GENERATE, seed=-1, until=""), "'seed' of a generate request"),
    (COMPLETE, line(GENERATE, seed=1, until="("), "'until' of a generate request"),
    (COMPLETE, line(GENERATE, seed=1, until="", max_tokens=0), "'max_tokens' of a generate request"),
    (LOSS, line(step="1", loss=0.5), "bad:1: step: Input should be a valid integer"),
    (LOSS, '{"step": 1, "loss": "low"}', "bad:1: loss"),
    (LOSS, '{"loss": 1.5}', "there is no loss in this log"),
    (COMPARE, line(summary("self", 1), model=5), "bad: model: Input should be a valid string"),
    (COMPARE, "[1", "bad:2: broken JSON"),
    ("tiny_world.grade --rows bad --output out", line(output=5), "'output' must be text"),
    (GRADE, line(family="x"), "is no task of the tiny"),
]


@pytest.mark.parametrize(("command", "content", "message"), CONTENTS)
def test_a_row_that_lacks_what_a_command_needs_is_named(world, command, content, message):
    Path("bad").write_text(content + "\n")
    assert message in refused(world, command)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("counts/prompts.json", {}, "prompts.json: in: Field required"),
        ("counts/prompts.json", {"in": 5, "kept": "3"}, "prompts.json: kept: Input should be a valid integer"),
        ("counts/prompts.json", {"in": 5, "kept": -3}, "prompts.json: kept: Input should be greater"),
        ("counts/prompts.json", [5, 3], "prompts.json: Input should be"),
        ("counts/prompts.json", {"in": 5, "kept": 3, "mean_scores": {"quality": None}}, "mean_scores.quality"),
        ("adapter/log", {"loss": "low"}, "log:1: loss"),
        ("grades/prompts.json", {"strict": ACCURACY}, "first_line: Field required"),
        ("held_out_chat.json", {"strict": ACCURACY, "first_line": {"accuracy": 2}}, "first_line.accuracy"),
        ("held_out_chat.json", {"strict": ACCURACY, "first_line": ACCURACY, "families": {"a": 1}}, "families.a"),
    ],
)
def test_a_figure_that_a_summary_cannot_show_is_named(world, file, content, message):
    grades = {"strict": ACCURACY, "first_line": ACCURACY}
    good = {"counts/prompts.json": {"in": 5, "kept": 3}, "grades/prompts.json": grades, "held_out_chat.json": grades}
    for name, value in {**good, "adapter/log": {"step": 1, "loss": 0.5}, file: content}.items():
        path = Path("m/iter1", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value) + "\n")
    assert message in refused(world, SUMMARY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"files": None}, "files: Field required"),
        ({"files": []}, "files: Input should be a valid dictionary"),
        ({"files": {"config.json": 5}}, "files.config.json"),
        ({"files": {"config.json": {"size": "5", "sha256": ""}}}, "files.config.json.size"),
        ({"files": {"../config.json": {"size": 5, "sha256": ""}}}, "must lie in the model's own folder"),
        ({"files": {}}, "the fingerprint does not belong"),
        ({"kind": "toy"}, "kind: Input should be 'model', 'adapter' or 'classifier'"),
        ({"made_from": "love"}, "made_from"),
    ],
)
def test_a_manifest_that_is_none_is_named(world, change, message):
    shutil.copytree(ROOT / "config/models/tiny", "model")
    manifest = Path("model/manifest.json")
    manifest.write_text(line(json.loads(manifest.read_text()), **change))
    said = refused(world, "cluster_rows --input rows.jsonl --model model --output out")
    assert "model/manifest.json: not a whole manifest" in said and message in said


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_what_is_typed_in_another_encoding_is_refused(monkeypatch, errors):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Hall\xf6chen\n"), "utf-8", errors=errors))
    with pytest.raises(UserError, match="standard input: not UTF-8"):
        list(chat.lines_of_input())


def refused(world, command):
    """Return the one line that a command ends with; nothing that it writes stays."""
    name, *arguments = command.split()
    said = refusal(name, *arguments, inputs=world)
    assert said.count("\n") == 1 and len(said) < 700, said
    return said
