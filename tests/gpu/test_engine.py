"""The transformers engine on a GPU: its results beside a CPU's, and the same bytes in shards and after kills.

Tolerances: both compute in float32, with 24 bits, and add in different orders; a rounding can move a draw that falls
between two tokens, after which the texts part. In bfloat16, a weight and each step have 8 bits.
"""

import pytest

from scripts.lib.rows.jsonl import read_rows
from tests.gpu.commands import DEVICE, kill_when, lines_in, run
from tests.gpu.requests import BATCH_TOKENS, GREEDY, write_requests

SAME_TEXTS = 0.9
"""Share of texts that are the same on both."""


@pytest.fixture(scope="module")
def requests(tmp_path_factory):
    file = tmp_path_factory.mktemp("requests") / "requests.jsonl"
    write_requests(file)
    return file


def options(requests, model, folder, dtype, *more):
    files = [f"--requests={requests}", f"--model={model}", f"--journal={folder / 'journal'}"]
    how = ["--engine=transformers", f"--dtype={dtype}", f"--batch-tokens={BATCH_TOKENS}", "--cpu-threads=2"]
    return [*files, *how, f"--output={folder / 'output.jsonl'}", *more]


def complete(requests, model, folder, dtype, *more, device="gpu"):
    run("scripts.complete", *options(requests, model, folder, dtype, *more), device=device)
    return folder / "output.jsonl"


def by_task(file):
    """Return the completions of each kind: texts, probabilities and perplexities, by request."""
    rows = list(read_rows(file))
    return tuple(
        {row["id"]: row[field] for row in rows if field in row} for field in ("text", "probabilities", "nll")
    ), rows


@pytest.fixture(scope="module")
def on_cpu(requests, model, tmp_path_factory):
    return by_task(complete(requests, model, tmp_path_factory.mktemp("cpu"), "float32", device="cpu"))[0]


@pytest.fixture(scope="module")
def in_bfloat16(requests, model, tmp_path_factory):
    """The completions in bfloat16, undisturbed and in one shard."""
    return complete(requests, model, tmp_path_factory.mktemp("bfloat16"), "bfloat16")


def test_float32_is_what_a_cpu_computes(requests, model, on_cpu, tmp_path):
    (texts, scores, nlls), rows = by_task(complete(requests, model, tmp_path, "float32"))
    assert {row["made_by"]["device"] for row in rows} == {DEVICE}
    expected_texts, expected_scores, expected_nlls = on_cpu
    assert nlls == pytest.approx(expected_nlls, rel=1e-3)
    for name, probabilities in scores.items():
        assert probabilities == pytest.approx(expected_scores[name], rel=1e-2, abs=1e-6)
    assert texts.keys() == expected_texts.keys()
    same = [name for name in texts if texts[name] == expected_texts[name]]
    assert len(same) >= SAME_TEXTS * len(texts)
    assert sum(name.startswith("greedy") for name in same) >= SAME_TEXTS * GREEDY


def test_bfloat16_is_that_but_for_its_rounding(in_bfloat16, on_cpu):
    (_, scores, nlls), _ = by_task(in_bfloat16)
    assert nlls == pytest.approx(on_cpu[2], rel=0.02)
    for name, probabilities in scores.items():
        assert probabilities == pytest.approx(on_cpu[1][name], rel=0.5, abs=0.02)


def test_shards_have_the_bytes_of_one_job(requests, model, in_bfloat16, tmp_path):
    files = [complete(requests, model, tmp_path / n, "bfloat16", f"--shard={n}-of-3") for n in "123"]
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    assert all(lines_in(file) for file in files)
    assert sorted(lines) == sorted(in_bfloat16.read_bytes().splitlines())


def test_a_job_killed_twice_has_the_bytes_of_one_that_was_not(requests, model, in_bfloat16, tmp_path):
    journal = tmp_path / "journal" / "1_of_1.jsonl"
    for lines in (1, 4):
        moment = lambda lines=lines: lines_in(journal) >= lines  # noqa: E731
        kill_when(moment, "scripts.complete", *options(requests, model, tmp_path, "bfloat16"))
    assert complete(requests, model, tmp_path, "bfloat16").read_bytes() == in_bfloat16.read_bytes()
