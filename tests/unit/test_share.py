"""What one model shares with another stands in both places, and belongs to the first."""

import shutil

import pytest

from scripts import share
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import load_manifest, write_manifest
from scripts.lib.models.ownership import clear_folder
from tests.conftest import contents


def shared(source, output):
    share.main(share.parser().parse_args([f"--source={source}", f"--output={output}"]))
    return output


@pytest.fixture
def rows(tmp_path):
    """A file of the model that owns it."""
    file = tmp_path / "results/owner/iter1/prompts.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"id": "a"}\n')
    return file


@pytest.fixture
def model(tmp_path):
    """The manifest of a pretended model, made in a folder of its own."""
    folder = tmp_path / "results/owner/iter0/merged"
    clear_folder(folder)
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_text(f"the {name}")
    return write_manifest(folder, "model", {}).path


def test_a_file_becomes_a_link_that_stays_right_when_both_are_moved(rows, tmp_path):
    copy = shared(rows, tmp_path / "results/sharer/iter1/prompts.jsonl")
    assert copy.is_symlink() and str(copy.readlink()) == "../../owner/iter1/prompts.jsonl"
    (tmp_path / "results").rename(tmp_path / "moved")
    assert (tmp_path / "moved/sharer/iter1/prompts.jsonl").read_text() == '{"id": "a"}\n'


def test_a_link_to_a_link_leads_to_the_owner(rows, tmp_path):
    first = shared(rows, tmp_path / "results/first/iter1/prompts.jsonl")
    second = shared(first, tmp_path / "results/second/iter1/prompts.jsonl")
    first.unlink()
    assert second.read_text() == rows.read_text()


def test_what_stood_there_is_replaced(rows, tmp_path):
    copy = tmp_path / "results/sharer/iter1/prompts.jsonl"
    copy.parent.mkdir(parents=True)
    copy.write_text("of another time")
    assert shared(rows, copy).samefile(rows)
    assert shared(rows, copy).samefile(rows)


def test_a_model_becomes_a_folder_of_links_with_a_manifest_of_its_own(model, tmp_path):
    copy = shared(model, tmp_path / "results/sharer/iter0/merged/manifest.json")
    links = {file.name for file in copy.parent.iterdir() if file.is_symlink()}
    assert links == {"config.json", "model.safetensors"}
    assert not any((copy.parent / name).readlink().is_absolute() for name in links)
    assert copy.read_bytes() == model.read_bytes() and not copy.samefile(model)
    found = load_manifest(copy)
    assert found.directory == copy.parent and found.fingerprint == load_manifest(model).fingerprint


def test_a_change_of_the_owner_is_noticed_by_the_other(model, tmp_path):
    copy = shared(model, tmp_path / "results/sharer/iter0/merged/manifest.json")
    (model.parent / "model.safetensors").write_text("THE model.safetensors")
    with pytest.raises(UserError, match=r"sharer/iter0/merged/model\.safetensors: changed behind its manifest"):
        load_manifest(copy)


def remove_the_folder(copy, model):
    shutil.rmtree(copy.parent)


def remove_the_manifest_and_clear(copy, model):
    copy.unlink()
    clear_folder(copy.parent)


def share_again(copy, model):
    copy.unlink()
    shared(model, copy)


@pytest.mark.parametrize("remove", [remove_the_folder, remove_the_manifest_and_clear, share_again])
def test_the_owner_is_untouched_by_what_becomes_of_the_copy(model, tmp_path, remove):
    before = contents(model.parent)
    remove(shared(model, tmp_path / "results/sharer/iter0/merged/manifest.json"), model)
    assert contents(model.parent) == before
    load_manifest(model)


def test_what_is_not_there_and_what_is_not_ours_is_refused(model, tmp_path):
    with pytest.raises(UserError, match=r"nothing\.jsonl: no such file to share"):
        shared(tmp_path / "nothing.jsonl", tmp_path / "copy.jsonl")
    (tmp_path / "own").mkdir()
    (tmp_path / "own/thesis.txt").write_text("mine")
    with pytest.raises(UserError, match=r"own: holds files that were not made here, such as thesis\.txt"):
        shared(model, tmp_path / "own/manifest.json")
