"""Whether the models of a plan fit on the disk: all of them together, and those of unknown size by name."""

from collections import namedtuple
from pathlib import Path

import pytest

from scripts.lib.rows.files import write_json
from scripts.lib.run import room

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Room in a folder whose disk has 10 GB left."""
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: Usage(0, 0, 10e9))
    return room.Room(tmp_path / "results")


def test_the_warning_has_the_sum_of_all_models_each_counted_once(results):
    for model in ("a", "b", "c", "c"):
        results.take(model, 4.0)
    (line,) = results.lines()
    assert "has 10.0 GB left" in line and "a, b, c 12.0 GB" in line


def test_what_fits_is_not_told_and_what_is_unknown_is_named(results):
    results.take("known", 9.0)
    assert not results.lines()
    results.take("hub", None)
    (line,) = results.lines()
    assert line.startswith("of unknown size") and line.endswith(": hub")


def test_a_fetched_hub_model_has_its_size_before_it_is_proven(tmp_path):
    places = (tmp_path / "merged", tmp_path / "fetched.json", Path("org/name"))
    assert room.weights_gigabytes(*places) is None
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/model.safetensors").write_bytes(bytes(5000))
    write_json(tmp_path / "fetched.json", {"folder": str(tmp_path / "cache")})
    assert room.weights_gigabytes(*places) == pytest.approx(5e-6)
