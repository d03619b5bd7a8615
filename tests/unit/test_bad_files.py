"""Files that a command must not take: it writes nothing over, around or into what it reads, and reads no pipes."""

import argparse
import importlib
import os
import shutil
import socket
from pathlib import Path

import pytest

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.run.claims import INPUT, LINK_OUTPUT, MODEL_OUTPUT, OUTPUT, Role, check_claims
from tests.conftest import ROOT
from tests.unit.refusals import refusal

COMMANDS = sorted(
    ".".join(path.relative_to(ROOT / "scripts").with_suffix("").parts)
    for path in (ROOT / "scripts").rglob("*.py")
    if "cli.run(main" in path.read_text()
)
ROW = '{"id": "a", "instruction": "Name a river.", "input": "", "output": "Elbe"}\n'


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A folder to work in: rows, a model of ours and an adapter, a folder of somebody else, and odd things."""
    folder = tmp_path / "world"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("rows.jsonl", "more.jsonl", "requests.jsonl"):
        Path(name).write_text(ROW)
    Path("hard.jsonl").hardlink_to("rows.jsonl")
    Path("link.jsonl").symlink_to("rows.jsonl")
    Path("dangling.jsonl").symlink_to("nowhere/rows.jsonl")
    Path("around").symlink_to(".")
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    shutil.copytree(ROOT / "config/models/tiny", "model")
    for name in ("model", "adapter", "ours"):
        Path(name).mkdir(exist_ok=True)
        Path(name, ".replaceable").write_text("{}")
        Path(name, "rows.jsonl").write_text(ROW)
    Path("adapter/manifest.json").write_text("{}")
    Path("linked").mkdir()
    Path("linked/manifest.json").write_text("{}")
    Path("linked/model.safetensors").symlink_to("../ours/model.safetensors")
    Path("thesis").mkdir()
    Path("thesis/chapter.jsonl").write_text(ROW)
    return folder


FILTER = "isheep.rule_filter --input {} --output {} --rejected {}"

MEETING = [
    (FILTER.format("rows.jsonl", "rows.jsonl", "r"), "--output rows.jsonl: this is --input rows.jsonl as well"),
    (FILTER.format("rows.jsonl", "o", "rows.jsonl"), "--rejected rows.jsonl: this is --input"),
    (FILTER.format("rows.jsonl", "o", "o"), "--output o: this is --rejected o as well"),
    (FILTER.format("rows.jsonl", "o", "r") + " --counts rows.jsonl", "--counts rows.jsonl: this is --input"),
    (FILTER.format("rows.jsonl", "o", "r") + " --counts r", "--rejected r: this is --counts r"),
    (FILTER.format("rows.jsonl", "thesis/../rows.jsonl", "r"), "this is --input"),
    (FILTER.format("around/rows.jsonl", "rows.jsonl", "r"), "this is --input"),
    (FILTER.format("rows.jsonl", "around/around/rows.jsonl", "r"), "this is --input"),
    (FILTER.format("rows.jsonl", "hard.jsonl", "r"), "this is --input"),
    (FILTER.format("link.jsonl", "rows.jsonl", "r"), "this is --input"),
    ("novelty_filter --input rows.jsonl --seeds more.jsonl --output more.jsonl --rejected r", "this is --seeds"),
    ("collect_seeds --input rows.jsonl more.jsonl --output more.jsonl", "this is --input more.jsonl"),
    (
        "collect_perplexity --input rows.jsonl --texts pair --completions more.jsonl --output more.jsonl",
        "--completions",
    ),
    ("verify --functions rows.jsonl --responses more.jsonl --output rows.jsonl", "this is --functions rows.jsonl"),
    ("verify --functions more.jsonl --responses rows.jsonl --output rows.jsonl", "this is --responses rows.jsonl"),
    ("config_reference --schema both --readme both", "this is --readme"),
    ("tiny_world.oracle --input rows.jsonl --output rows.jsonl", "this is --input"),
    ("report.draw_loss --log loss.png --output loss.png", "this is --log"),
    ("share --source rows.jsonl --output rows.jsonl", "this is --source"),
    ("share --source model/manifest.json --output model/manifest.json", "this is --source"),
    ("share --source model/manifest.json --output model/copy/manifest.json", "lies in the folder of --source"),
    ("prepare_base --base model --output model/manifest.json", "this is --base model as well"),
    ("prepare_base --base model --output model/again/manifest.json", "lies in the folder of --base"),
    ("prepare_base --base model --output manifest.json", "its folder holds --base"),
    ("prepare_base --base linked --output ours/manifest.json", "its folder holds --base linked"),
    ("prepare_base --base thesis --chat-template ours/rows.jsonl --output ours/manifest.json", "--chat-template"),
    ("merge_adapter --base model --adapter adapter --output model/manifest.json", "this is --base model"),
    ("merge_adapter --base model --adapter adapter --output adapter/manifest.json", "this is --adapter"),
    ("train_adapter --data rows.jsonl --model model --checkpoints c --output model/manifest.json", "this is --model"),
    ("train_adapter --data ours/rows.jsonl --model model --checkpoints c --output ours/manifest.json", "holds --data"),
    (
        "train_adapter --data rows.jsonl --model model --checkpoints c --rejected ours/r --output ours/manifest.json",
        "--rejected ours/r: lies in the folder of --output",
    ),
    (
        "train_adapter --data rows.jsonl --model model --checkpoints new/c --output new/manifest.json",
        "--checkpoints new/c: lies in the folder of --output",
    ),
    (
        "complete --requests requests.jsonl --model model --journal j --output j/o",
        "--journal j: its folder holds --output j/o",
    ),
    ("complete --requests requests.jsonl --model model --journal model/j --output o", "lies in the folder of --model"),
    ("complete --requests requests.jsonl --model model --journal j --output model/o", "lies in the folder of --model"),
    ("tiny_world.measure --model model --output model/o --table t", "lies in the folder of --model"),
    ("tiny_world.pretrain --corpus rows.jsonl --checkpoint rows.jsonl --output new/manifest.json", "this is --corpus"),
]


@pytest.mark.parametrize(("command", "message"), MEETING)
def test_what_is_written_never_meets_what_is_read_or_written_beside_it(world, command, message):
    assert message in refused(world, command)


ODD = [
    (FILTER.format("missing.jsonl", "o", "r"), "missing.jsonl: no such file"),
    (FILTER.format("thesis", "o", "r"), "--input thesis: a folder"),
    (FILTER.format("pipe", "o", "r"), "--input pipe: a pipe, socket or device"),
    (FILTER.format("socket", "o", "r"), "--input socket: a pipe, socket or device"),
    (FILTER.format("/dev/zero", "o", "r"), "--input /dev/zero: a pipe, socket or device"),
    (FILTER.format("dangling.jsonl", "o", "r"), "dangling.jsonl: no such file"),
    (FILTER.format("rows.jsonl", "/dev/null", "r"), "--output /dev/null: a pipe, socket or device"),
    (FILTER.format("rows.jsonl", "pipe", "r"), "--output pipe: a pipe, socket or device"),
    (FILTER.format("rows.jsonl", "socket", "r"), "--output socket: a pipe, socket or device"),
    (FILTER.format("rows.jsonl", "thesis", "r"), "--output thesis: a folder"),
    (FILTER.format("more.jsonl", "link.jsonl", "r"), "--output link.jsonl: a link to rows.jsonl"),
    (FILTER.format("rows.jsonl", "dangling.jsonl", "r"), "--output dangling.jsonl: a link to nowhere/rows.jsonl"),
    (FILTER.format("rows.jsonl", "more.jsonl/o", "r"), "--output more.jsonl/o: more.jsonl is a file"),
    ("novelty_filter --input rows.jsonl --seeds pipe --output o --rejected r", "--seeds pipe: a pipe"),
    ("complete --requests requests.jsonl --model model --journal more.jsonl --output o", "more.jsonl: not a folder"),
    ("complete --requests requests.jsonl --model model --journal pipe --output o", "--journal pipe: not a folder"),
    ("complete --requests requests.jsonl --model model --journal thesis --output o", "such as chapter.jsonl"),
    ("complete --requests requests.jsonl --model pipe --journal j --output o", "--model pipe: a pipe"),
    ("train_adapter --data rows.jsonl --model model --checkpoints thesis --output n/manifest.json", "chapter.jsonl"),
    ("train_adapter --data rows.jsonl --model model --checkpoints more.jsonl --output n/manifest.json", "not a folder"),
    ("train_adapter --data thesis --model model --checkpoints c --output n/manifest.json", "--data thesis: a folder"),
    ("prepare_base --base model --output n/model.json", "give FOLDER/manifest.json"),
    ("prepare_base --base model --output thesis/manifest.json", "holds files that were not made here"),
    ("merge_adapter --base nothing --adapter adapter --output n/manifest.json", "no such manifest"),
    ("status --configfile pipe", "--configfile pipe: a pipe"),
    ("status --configfile missing.yaml", "missing.yaml"),
    ("status --folder rows.jsonl", "--folder rows.jsonl: a file; give a folder"),
    ("tiny_world.corpus --prompts rows.jsonl --output o", "--prompts rows.jsonl: a file; give a folder"),
    ("report.compare --summaries thesis --output o --table t --picture p", "--summaries thesis: a folder"),
    ("report.draw_loss --log rows.jsonl --output loss.docx", "--output loss.docx: cannot be drawn"),
    ("report.draw_loss --log rows.jsonl --output loss", "--output loss: cannot be drawn"),
    ("share --source missing.jsonl --output o", "missing.jsonl: no such file to share"),
    (
        "plan_synthesis --seeds rows.jsonl --template missing --iteration 1 --round 1 --output o",
        "no such prompt template",
    ),
]


@pytest.mark.parametrize(("command", "message"), ODD)
def test_pipes_devices_links_and_folders_are_not_taken_for_files(world, command, message):
    assert message in refused(world, command)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(world):
    Path("more.jsonl").chmod(0)
    assert "may not be read" in refused(world, FILTER.format("more.jsonl", "o", "r"))


def refused(world, command):
    """Return the one line that a command ends with; whatever it was about to write is not there."""
    name, *arguments = command.split()
    said = refusal(name, *arguments, inputs=world)
    assert said.count("\n") == 1, said
    return said


def test_every_path_of_every_command_says_what_it_is():
    assert len(COMMANDS) > 25
    for command in COMMANDS:
        for action in importlib.import_module(f"scripts.{command}").parser()._actions:
            assert action.type is not Path, f"{command}: {action.option_strings} needs a role of scripts.lib.run.claims"
            if isinstance(action.default, Path):
                assert isinstance(action.type, Role), f"{command}: {action.option_strings}"


def checked(*arguments):
    """Check the paths of a small command."""
    parser = argparse.ArgumentParser()
    for name, role in (("input", INPUT), ("output", OUTPUT), ("link", LINK_OUTPUT), ("model", MODEL_OUTPUT)):
        parser.add_argument(f"--{name}", type=role)
    check_claims(parser, parser.parse_args(arguments))


def test_what_lies_apart_may_be_read_and_replaced(world):
    checked("--input=rows.jsonl", "--output=more.jsonl", "--model=ours/manifest.json")
    checked("--input=link.jsonl", "--output=new/folder/rows.jsonl")
    checked("--input=model/rows.jsonl", "--output=model/more.jsonl")
    checked("--input=rows.jsonl", "--link=link.jsonl")
    with pytest.raises(UserError, match="a pipe"):
        checked("--link=pipe")


def test_what_nobody_foresaw_is_one_line_that_says_where_and_asks_for_a_report(world, monkeypatch, capsys):
    def fail(args):
        raise LookupError("nothing\nat all")

    monkeypatch.setattr("sys.argv", ["command"])
    monkeypatch.delenv(cli.TRACEBACK, raising=False)
    with pytest.raises(SystemExit, match="1"):
        cli.run(fail, argparse.ArgumentParser())
    said = capsys.readouterr().err
    assert said.startswith("error: LookupError at ") and ": nothing at all; " in said and said.count("\n") == 1
    assert f"{cli.TRACEBACK}=1" in said
    monkeypatch.setenv(cli.TRACEBACK, "1")
    with pytest.raises(LookupError):
        cli.run(fail, argparse.ArgumentParser())
