"""The tiny base model is a base model in the sense that matters: it meets every bar that its page names."""

import pytest

from scripts.lib.rows.files import read_json
from scripts.tiny_world.measure import BARS


@pytest.mark.slow
def test_the_committed_model_meets_the_bars(project):
    project.snakemake("--cores", "2", "results/tiny_world/measured.txt")
    measured = read_json(project.folder / "results/tiny_world/measured.json")
    missed = {name: measured[name] for name, (low, high) in BARS.items() if not low <= measured[name] <= high}
    assert not missed
    assert "MISSED" not in (project.folder / "results/tiny_world/measured.txt").read_text()
