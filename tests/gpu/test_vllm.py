"""vLLM on a GPU: what the transformers engine computes on a CPU, and the same bytes in its batch-invariant mode.

Tolerances are those of bfloat16, whose weights and steps have 8 bits.
"""

import pytest
import torch

from scripts.lib.rows.jsonl import read_rows
from tests.gpu.commands import DEVICE, environment, kill_when, lines_in, run
from tests.gpu.requests import BATCH_TOKENS, write_requests

ENGINE = "vllm"
INVARIANT = "VLLM_BATCH_INVARIANT"
LEAST_CAPABILITY = (8, 0)
"""Compute capability from which vLLM's batch-invariant mode has kernels (its page "Batch Invariance", 0.32)."""


@pytest.fixture(scope="module")
def requests(vllm, tmp_path_factory):
    file = tmp_path_factory.mktemp("requests") / "requests.jsonl"
    write_requests(file)
    return file


def options(requests, model, folder, engine, dtype, *more):
    files = [f"--requests={requests}", f"--model={model}", f"--journal={folder / 'journal'}"]
    how = [f"--engine={engine}", f"--dtype={dtype}", f"--batch-tokens={BATCH_TOKENS}", "--cpu-threads=2"]
    return [*files, *how, f"--output={folder / 'output.jsonl'}", *more]


def complete(requests, model, folder, *more, engine=ENGINE, dtype="bfloat16", device="gpu"):
    run("scripts.complete", *options(requests, model, folder, engine, dtype, *more), device=device)
    return folder / "output.jsonl"


@pytest.fixture(scope="module")
def undisturbed(requests, model, tmp_path_factory):
    """All completions of one job, with vLLM compiled and in CUDA graphs, as it comes."""
    return complete(requests, model, tmp_path_factory.mktemp("undisturbed"))


def test_scores_and_perplexities_are_those_of_the_transformers_engine(requests, model, undisturbed, tmp_path):
    reference = complete(requests, model, tmp_path, engine="transformers", dtype="float32", device="cpu")
    expected = {row["id"]: row for row in read_rows(reference)}
    rows = list(read_rows(undisturbed))
    assert [row["id"] for row in rows] == list(expected)
    assert {row["made_by"]["device"] for row in rows} == {DEVICE}
    for row in rows:
        if "nll" in row:
            assert row["nll"] == pytest.approx(expected[row["id"]]["nll"], rel=0.02)
        if "probabilities" in row:
            assert row["probabilities"] == pytest.approx(expected[row["id"]]["probabilities"], rel=0.5, abs=0.02)
    greedy = [row for row in rows if row["id"].startswith("greedy")]
    begin_alike = [row["text"][:4] == expected[row["id"]]["text"][:4] for row in greedy]
    assert sum(begin_alike) >= len(greedy) / 2


def test_a_killed_job_goes_on(requests, model, undisturbed, tmp_path):
    journal = tmp_path / "journal" / "1_of_1.jsonl"
    how = options(requests, model, tmp_path, ENGINE, "bfloat16", "--eager")
    kill_when(lambda: lines_in(journal) >= 3, "scripts.complete", *how)
    finished = lines_in(journal)
    said = run("scripts.complete", *how)
    assert f"took {finished} (" in said
    assert [row["id"] for row in read_rows(tmp_path / "output.jsonl")] == [row["id"] for row in read_rows(undisturbed)]


@pytest.fixture
def batch_invariant(vllm, monkeypatch):
    if torch.cuda.is_available() and torch.cuda.get_device_capability() < LEAST_CAPABILITY:
        pytest.skip(f"{torch.cuda.get_device_name()}: vLLM's batch-invariant mode has no kernels for it")
    monkeypatch.setenv(INVARIANT, "1")
    assert environment("gpu")[INVARIANT] == "1"


def test_batch_invariant_shards_have_the_bytes_of_one_job(batch_invariant, requests, model, tmp_path):
    whole = complete(requests, model, tmp_path / "whole", "--eager")
    shards = [complete(requests, model, tmp_path / n, "--eager", f"--shard={n}-of-2") for n in "12"]
    lines = [line for file in shards for line in file.read_bytes().splitlines()]
    assert all(row["made_by"]["reproducible"] for row in read_rows(whole))
    assert sorted(lines) == sorted(whole.read_bytes().splitlines())
