"""What changes behind Snakemake's back is noticed: weights gone or altered, an edited template, another base model."""

import os
import shutil

import pytest

from tests.conftest import contents
from tests.workflow.conftest import ROOT, small_config

ADAPTER, MERGED = "adapter/adapter_model.safetensors", "merged/model.safetensors"


def flip_last_byte(file):
    """Change a file's last byte, and leave its size and its time as they were."""
    times = file.stat()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    ("name", "rule"),
    [(ADAPTER, "train_adapter"), (MERGED, "merge_adapter"), ("adapter/manifest.json", "train_adapter")],
)
def test_a_deleted_or_altered_file_is_planned_and_made_again_with_the_same_bytes(rerun, name, rule):
    file = rerun.folder / "results/tiny/iter2" / name
    before = file.read_bytes()
    target = "results/tiny/iter2/merged/manifest.json"
    file.write_bytes(before[:-3] + b"   ")
    assert any(job.startswith(f"{rule}: ") for job in rerun.planned(target))
    if file.name != "manifest.json":
        file.unlink()
        assert any(job.startswith(f"{rule}: ") for job in rerun.planned(target))
    said = rerun.snakemake("--cores", "2", target).stdout
    assert f"{name}" in said and "it is made again where it is needed" in said
    assert file.read_bytes() == before
    assert rerun.planned() == {}


def test_verify_finds_what_changed_without_a_trace_and_says_what_to_do(rerun):
    file = rerun.folder / "results/tiny/iter2" / MERGED
    before = file.read_bytes()
    flip_last_byte(file)
    assert rerun.planned() == {}
    with pytest.raises(Exception) as failure:
        rerun.command("scripts.verify_models")
    said = failure.value.stderr
    assert failure.value.returncode == 2 and "1 of 5 are damaged" in said
    (rerun.folder / said.partition(": rm ")[2].strip()).unlink()
    rerun.snakemake("--cores", "2", "results/tiny/iter2/merged/manifest.json")
    assert file.read_bytes() == before
    assert "all 5 models and adapters are whole" in rerun.command("scripts.verify_models").stderr


def test_an_edited_template_and_a_changed_base_in_the_home_folder_are_noticed(project, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    base, target = tmp_path / "my model", "results/tiny/iter0/merged/manifest.json"
    shutil.copytree(ROOT / "config/models/tiny", base, ignore=shutil.ignore_patterns("manifest.json"))
    template = tmp_path / "it's mine.jinja"
    shutil.copyfile(ROOT / "config/chat_templates/chatml.jinja", template)
    config = small_config()
    config["models"]["tiny"].update(base="~/my model", chat_template=str(template))
    project.configure(config)
    project.snakemake("--cores", "1", target)
    assert project.planned(target) == {}
    template.write_text(template.read_text() + "{# an edit #}")
    assert project.jobs(target) == {"prepare_base": 1}
    project.snakemake("--cores", "1", target)
    flip_last_byte(base / "model.safetensors")
    os.utime(base / "model.safetensors")
    before = contents(base)
    assert project.jobs(target) == {"prepare_base": 1}
    project.snakemake("--cores", "1", target)
    assert project.planned(target) == {}
    assert contents(base) == before


def test_a_cache_that_was_cleared_is_filled_again(project, tmp_path, monkeypatch):
    commit, cache = "0123456789abcdef0123456789abcdef01234567", tmp_path / "hub/models--org--name"
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    shutil.copytree(
        ROOT / "config/models/tiny",
        cache / "snapshots" / commit,
        ignore=shutil.ignore_patterns("manifest.json", "t*.png"),
    )
    config, target = small_config(), "results/tiny/iter0/merged/manifest.json"
    config["models"]["tiny"].update(base="org/name", revision=commit)
    project.configure(config)
    project.snakemake("--cores", "1", target)
    assert project.planned(target) == {}
    cache.rename(tmp_path / "cleared")
    assert project.jobs(target) == {"fetch_base": 1, "prepare_base": 1}
    said = project.snakemake("--cores", "1", target, check=False).stdout
    assert "org/name at revision" in said and "cannot be fetched" in said
    (tmp_path / "cleared").rename(cache)
    project.snakemake("--cores", "1", target)
    assert project.planned(target) == {}


def test_damage_of_a_shared_copy_is_noticed(project):
    config = small_config()
    config["variants"] = {"tiny": {"seeds": [1, 2]}}
    config["default_model"] = "tiny-1"
    project.configure(config)
    target = "results/tiny-2/iter0/merged/manifest.json"
    project.snakemake("--cores", "1", target)
    assert project.planned(target) == {}
    (project.folder / "results/tiny-2/iter0/merged/config.json").unlink()
    assert project.jobs(target) == {"shared": 1}
