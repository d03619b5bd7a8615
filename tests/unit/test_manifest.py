"""A model is its manifest: what is noticed behind its back, and what is not mistaken for a change."""

import json
import os
import shutil
import time

import pytest

from scripts.lib.errors import UserError
from scripts.lib.models.manifest import delivered_again, load_manifest, remember, write_manifest
from scripts.lib.models.ownership import clear_folder, mark_of
from scripts.lib.rows.files import read_json, write_json
from tests.conftest import contents


@pytest.fixture
def model(tmp_path):
    """A folder with two files of a pretended model, and its manifest."""
    folder = tmp_path / "merged"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text("weights")
    write_manifest(folder, "model", {"base": "1234"})
    return folder


def test_a_manifest_is_loaded_by_its_file_or_its_folder(model):
    by_folder, by_file = load_manifest(model), load_manifest(model / "manifest.json")
    assert by_folder == by_file
    assert by_folder.directory == model
    assert by_folder.made_from == {"base": "1234"}
    assert set(by_folder.files) == {"config.json", "model.safetensors"}


def test_a_touched_file_is_the_same_file(model):
    later = time.time() + 60
    os.utime(model / "model.safetensors", (later, later))
    assert load_manifest(model).files["model.safetensors"]["size"] == len("weights")


def test_logs_do_not_change_the_fingerprint(model):
    before = load_manifest(model).fingerprint
    (model / "training_log.jsonl").write_text("12 tokens/s")
    assert write_manifest(model, "model", {}, exclude=("training_log.jsonl",)).fingerprint == before


def change_weights(folder):
    (folder / "model.safetensors").write_text("WEIGHTS")


def cut_off_weights(folder):
    (folder / "model.safetensors").write_text("weig")


def remove_weights(folder):
    (folder / "model.safetensors").unlink()


def link_to_other_weights(folder):
    (folder.parent / "other").write_text("WEIGHTS")
    os.utime(folder.parent / "other", (0, 0))
    remove_weights(folder)
    (folder / "model.safetensors").symlink_to(folder.parent / "other")


@pytest.mark.parametrize("damage", [change_weights, cut_off_weights, remove_weights, link_to_other_weights])
def test_a_change_behind_the_manifest_is_named(model, damage):
    damage(model)
    with pytest.raises(UserError, match=r"model\.safetensors.*manifest.* run again"):
        load_manifest(model)


def test_a_model_that_was_made_before_is_delivered_again_under_its_key_only(model):
    manifest = (model / "manifest.json").read_bytes()
    remember(load_manifest(model), "key")
    (model / "manifest.json").unlink()
    assert delivered_again(model, "other key") is None
    assert not (model / "manifest.json").exists()
    assert delivered_again(model, "key").fingerprint == json.loads(manifest)["fingerprint"]
    assert (model / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize("damage", [change_weights, cut_off_weights, remove_weights, clear_folder])
def test_a_model_that_is_not_as_it_was_made_is_not_delivered_again(model, damage):
    remember(load_manifest(model), "key")
    (model / "manifest.json").unlink()
    damage(model)
    assert delivered_again(model, "key") is None
    assert not (model / "manifest.json").exists()


def swap_a_hash(content):
    content["files"]["config.json"]["sha256"] = "0" * 64


def lose_the_files(content):
    del content["files"]


@pytest.mark.parametrize("damage", [swap_a_hash, lose_the_files])
def test_a_manifest_that_does_not_hold_together_is_refused(model, damage):
    content = json.loads((model / "manifest.json").read_text())
    damage(content)
    (model / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"manifest\.json: not a whole manifest"):
        load_manifest(model)


def test_a_missing_manifest_and_one_of_another_kind_are_refused(model, tmp_path):
    with pytest.raises(UserError, match="no such manifest; make it with"):
        load_manifest(tmp_path)
    with pytest.raises(UserError, match="kind 'model', but a 'adapter' is needed"):
        load_manifest(model, "adapter")


def test_only_a_folder_of_ours_is_cleared(model, tmp_path):
    with pytest.raises(UserError, match=r"merged: holds files that were not made here, such as config\.json"):
        clear_folder(model)
    ours = tmp_path / "ours"
    clear_folder(ours)
    (ours / "stale-00001-of-00002.safetensors").write_text("old")
    clear_folder(ours)
    assert [file.name for file in ours.iterdir()] == [".replaceable"]


def made_here(folder):
    """A whole model in a folder that is ours."""
    clear_folder(folder)
    for name in ("model.safetensors", "config.json"):
        (folder / name).write_text("as it was made")
    write_manifest(folder, "model", made_from={})
    return folder


def test_a_whole_model_has_nothing_beside_its_files_and_its_manifest(tmp_path):
    folder = made_here(tmp_path / "merged")
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "config.json", "manifest.json"}


def truncate_weights(folder):
    (folder / "model.safetensors").write_text("cut off")


def copy_without_dates(folder):
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    shutil.rmtree(folder)
    copy.rename(folder)


def add_a_file(folder):
    (folder / "README.md").write_text("about it")


def put_another_model_there(folder):
    shutil.rmtree(folder)
    folder.mkdir()
    for name in ("model.safetensors", "config.json"):
        (folder / name).write_text("made elsewhere")


@pytest.mark.parametrize("change", [lambda folder: None, truncate_weights, copy_without_dates])
def test_a_model_of_ours_is_replaced_whatever_became_of_it(tmp_path, change):
    folder = made_here(tmp_path / "merged")
    (folder / "manifest.json").unlink()  # as Snakemake does
    change(folder)
    clear_folder(folder)
    assert [file.name for file in folder.iterdir()] == [".replaceable"]


@pytest.mark.parametrize("change", [add_a_file, put_another_model_there])
def test_what_somebody_put_in_the_place_of_a_model_of_ours_stays(tmp_path, change):
    folder = made_here(tmp_path / "merged")
    change(folder)
    before = contents(folder)
    with pytest.raises(UserError, match="holds files that were not made here"):
        clear_folder(folder)
    assert contents(folder) == before


def test_a_model_of_an_earlier_version_is_ours_and_loses_what_that_left_in_it(tmp_path):
    folder = made_here(tmp_path / "merged")
    manifest = load_manifest(folder)
    mark_of(folder).unlink()
    write_json(folder / ".replaceable", {"key": "made from this", **read_json(manifest.path)})
    (folder / ".lock").touch()
    manifest.path.unlink()
    assert delivered_again(folder, "made from this") == manifest
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "config.json", "manifest.json"}
    clear_folder(folder)
