"""What unit tests share: a filter script run on given rows, and a model with an adapter trained on it."""

from types import SimpleNamespace

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.tiny_model import build_random_model
from tests.unit.training_runs import ROWS, prepared, train


@pytest.fixture
def filter_rows(tmp_path):
    """Return a function that runs a filter script and returns what it kept, rejected and counted."""

    def run(script, rows, *arguments):
        files = {name: tmp_path / name for name in ("in.jsonl", "kept.jsonl", "rejected.jsonl", "counts.json")}
        write_rows(files["in.jsonl"], rows)
        command = ["--input", files["in.jsonl"], "--output", files["kept.jsonl"]]
        command += ["--rejected", files["rejected.jsonl"], "--counts", files["counts.json"], *arguments]
        script.main(script.parser().parse_args([str(argument) for argument in command]))
        return SimpleNamespace(
            kept=list(read_rows(files["kept.jsonl"])),
            rejected=list(read_rows(files["rejected.jsonl"])),
            counts=read_json(files["counts.json"]),
        )

    return run


@pytest.fixture(scope="session")
def random_model(tmp_path_factory):
    """The folder of a random model, for tests to look at or copy."""
    return build_random_model(tmp_path_factory.mktemp("models") / "base", seed=1)


@pytest.fixture(scope="session")
def base(random_model):
    """The manifest of that model as a base model."""
    return prepared(random_model, random_model.with_name("iter0"))


@pytest.fixture(scope="session")
def adapter(base, tmp_path_factory):
    """The manifest of an adapter trained without disturbance, with what else the training wrote."""
    return train(tmp_path_factory.mktemp("adapter"), base, ROWS)
