"""A GPU without enough memory, made so by a limit on what the command may take: one line, and the setting to change."""

import re

import pytest

from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import write_rows
from tests.gpu.commands import refused

GIGABYTE = 1.0
LONG = "name a word of the long list " * 100
FREE = r"\(GPU \d+ has a total capacity of [\d.]+ \w+ of which [\d.]+ \w+ is free\)"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Rows of some 700 tokens, which a large batch of no training fits into a gigabyte."""
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_rows(
        file, ({"id": f"{n:04d}", "instruction": f"{n} {LONG}", "input": "", "output": LONG[:300]} for n in range(512))
    )
    return file


@pytest.fixture(scope="module")
def requests(tmp_path_factory):
    file = tmp_path_factory.mktemp("requests") / "requests.jsonl"
    asked = (Request(f"{n:04d}", "generate", f"{n} {LONG}", max_tokens=64, seed=n) for n in range(2000))
    write_rows(file, (request.to_row() for request in asked))
    return file


def complete(requests, model, folder, gigabytes):
    files = [f"--requests={requests}", f"--model={model}", f"--journal={folder / 'journal'}"]
    how = ["--engine=transformers", "--batch-tokens=10000000", f"--output={folder / 'output.jsonl'}"]
    return refused("scripts.complete", *files, *how, gigabytes=gigabytes)


def test_a_batch_that_is_too_large_to_write(requests, model, tmp_path):
    said = complete(requests, model, tmp_path, GIGABYTE)
    wanted = rf"a batch of 2000 rows does not fit into the GPU's memory {FREE}; lower engine\.batch_tokens"
    assert re.search(wanted, said) and "\n" not in said


def test_a_model_that_is_too_large(requests, model, tmp_path):
    said = complete(requests, model, tmp_path, 0.05)
    assert re.search(r"the model in bfloat16 does not fit into the GPU's memory.*engine\.gpus", said)
    assert "\n" not in said


def test_a_batch_that_is_too_large_to_embed(rows, model, tmp_path):
    files = [f"--input={rows}", f"--model={model}", f"--output={tmp_path / 'output.jsonl'}"]
    said = refused("scripts.cluster_rows", *files, "--clusters=8", "--batch-tokens=10000000", gigabytes=GIGABYTE)
    assert re.search(rf"a batch of 512 texts does not fit .* {FREE}; lower engine\.batch_tokens", said)
    assert "\n" not in said


def test_a_training_batch_that_is_too_large(rows, model, tmp_path):
    files = [f"--data={rows}", f"--model={model}", f"--checkpoints={tmp_path / 'work'}"]
    files += [f"--output={tmp_path / 'adapter' / 'manifest.json'}"]
    size = ["--rows-per-update=256", "--batch-size=256", "--dtype=bfloat16"]
    said = refused("scripts.train_adapter", *files, *size, gigabytes=GIGABYTE)
    assert re.search(rf"a training on 256 rows at once does not fit .* {FREE}; lower training\.batch_size", said)
    assert "\n" not in said
