"""What the tests of filter scripts share: run one on given rows and read everything it wrote."""

from types import SimpleNamespace

import pytest

from scripts.lib.records import read_json, read_rows, write_rows


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
