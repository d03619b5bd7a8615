"""Folders of checkpoints as kills leave them: every training goes on from there, or from the start, and says so."""

import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from scripts import merge_adapter, train_adapter
from scripts.lib.models.manifest import load_manifest
from scripts.lib.run.claims import check_claims
from scripts.lib.training.checkpoints import finished_training, last_checkpoint, mark_whole, prepare_checkpoints
from scripts.lib.training.delivery import deliver_adapter
from tests.unit.training_runs import training_arguments


@pytest.fixture
def work(tmp_path):
    """A folder with two checkpoints of a training, of which each is whole."""
    folder = tmp_path / "work"
    prepare_checkpoints(folder, "mine")
    for name in ("checkpoint-20", "checkpoint-40"):
        whole(folder / name)
    return folder


def whole(checkpoint):
    checkpoint.mkdir()
    save_file({"a": torch.ones(3)}, checkpoint / "adapter_model.safetensors", {"format": "pt"})
    mark_whole(checkpoint)


def check_command(work):
    """Do what every command does with its paths before it begins."""
    parser = train_adapter.parser()
    check_claims(parser, parser.parse_args(training_arguments(work.parent, work.parent / "base", [])))


class Killed(BaseException):
    """What ends a process in the middle."""


def killed_removal(monkeypatch, work, key):
    """Prepare the folder for a training, and be killed when the first file has been removed."""

    def removing(folder):
        min(file for file in Path(folder).rglob("*") if file.is_file()).unlink()
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(shutil, "rmtree", removing)
        prepare_checkpoints(work, key)


@pytest.mark.parametrize("lost", ["nothing else", "checkpoint-20"])
def test_a_folder_that_lost_its_mark_is_set_aside(work, lost, capsys):
    (work / "fingerprint.json").unlink()
    shutil.rmtree(work / lost, ignore_errors=True)
    check_command(work)
    prepare_checkpoints(work, "mine")
    assert "set aside as" in capsys.readouterr().err
    assert (work.parent / "work.set-aside-1" / "checkpoint-40").is_dir()
    assert last_checkpoint(work) is None


@pytest.mark.parametrize("content", [b"", b'"mi', b"\0\0\0", b"\xff"])
def test_a_folder_with_a_broken_mark_is_set_aside(work, content, capsys):
    (work / "fingerprint.json").write_bytes(content)
    check_command(work)
    prepare_checkpoints(work, "mine")
    assert "set aside as" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b'{"adapter', b"\0\0\0"])
def test_a_checkpoint_with_a_broken_mark_is_half_written(work, content):
    (work / "checkpoint-40" / "whole.json").write_bytes(content)
    prepare_checkpoints(work, "mine")
    assert last_checkpoint(work) == work / "checkpoint-20"


def test_a_removal_that_is_killed_leaves_nothing_that_is_taken_for_a_checkpoint(work, monkeypatch):
    (work / "checkpoint-40" / "whole.json").unlink()
    killed_removal(monkeypatch, work, "mine")
    check_command(work)
    assert last_checkpoint(work) == work / "checkpoint-20"
    prepare_checkpoints(work, "mine")
    assert {path.name for path in work.iterdir()} == {"checkpoint-20", "fingerprint.json"}


def test_a_finished_training_whose_removal_is_killed_is_removed_next_time(work, monkeypatch):
    whole(work / "finished")
    for _ in range(2):
        killed_removal(monkeypatch, work, "another")
        check_command(work)
        assert finished_training(work) == work / "finished"
    prepare_checkpoints(work, "another")
    assert [path.name for path in work.iterdir()] == ["fingerprint.json"]
    assert not list(work.parent.glob("*set-aside*"))


@pytest.fixture
def synced(monkeypatch):
    """The names of the files that were waited for until they were on disk, in order."""
    names, fsync = [], os.fsync

    def syncing(handle):
        names.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", syncing)
    return names


def test_what_a_mark_vouches_for_is_on_disk_before_it(work, synced):
    whole(work / "checkpoint-60")
    assert synced[0] == "adapter_model.safetensors"
    assert len(synced) == 2 and "whole.json" in synced[1]


def test_weights_are_on_disk_before_their_manifest(base, adapter, tmp_path, synced):
    finished, manifest = adapter.parent.parent / "work" / "finished", tmp_path / "adapter" / "manifest.json"
    deliver_adapter(finished, manifest, {}, load_manifest(base))
    options = {"--base": base, "--adapter": adapter, "--cpu-threads": 1, "--output": tmp_path / "model/manifest.json"}
    merge_adapter.main(merge_adapter.parser().parse_args([str(part) for pair in options.items() for part in pair]))
    first, second = (number for number, name in enumerate(synced) if name.startswith(".manifest.json."))
    assert {"adapter_model.safetensors", "adapter_config.json"} <= set(synced[:first])
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= set(synced[first:second])
