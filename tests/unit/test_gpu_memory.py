"""A GPU that is full, pretended by raising what torch raises: each command says in a line which setting to change."""

import pytest
import torch

from scripts import cluster_rows, complete
from scripts.lib.cli import explained
from scripts.lib.engines.requests import Request
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import write_rows
from tests.unit.training_runs import ROWS, train

FREE = "GPU 0 has a total capacity of 79.11 GiB of which 1.25 GiB is free"
SAID = f"CUDA out of memory. Tried to allocate 2.00 GiB. {FREE}. Including non-PyTorch memory, this process has 77 GiB."


@pytest.fixture
def full_gpu(monkeypatch):
    def forward(self, ids):
        raise torch.OutOfMemoryError(SAID)

    monkeypatch.setattr(torch.nn.Embedding, "forward", forward)


def test_a_batch_that_is_too_large_to_generate(full_gpu, base, tmp_path):
    write_rows(tmp_path / "requests.jsonl", [Request("a", "perplexity", "you are a list").to_row()])
    files = [f"--requests={tmp_path / 'requests.jsonl'}", f"--model={base}", f"--journal={tmp_path / 'journal'}"]
    options = [*files, f"--output={tmp_path / 'out.jsonl'}", "--engine=transformers", "--batch-tokens=700"]
    with pytest.raises(UserError, match=r"a batch of 1 rows does not fit.*1\.25 GiB is free.*--batch-tokens, now 700"):
        complete.main(complete.parser().parse_args(options))


def test_a_batch_that_is_too_large_to_embed(full_gpu, base, tmp_path):
    write_rows(tmp_path / "rows.jsonl", ROWS)
    options = [f"--input={tmp_path / 'rows.jsonl'}", f"--model={base}", f"--output={tmp_path / 'out.jsonl'}"]
    with pytest.raises(UserError, match=r"texts does not fit into the GPU's memory.*--batch-tokens, now 16384"):
        cluster_rows.main(cluster_rows.parser().parse_args(options))


@pytest.mark.parametrize(
    ("rows", "remedy"), [("2", r"lower training\.batch_size"), ("1", r"lower training\.cutoff.*gpus_per_node")]
)
def test_a_training_that_is_too_large(full_gpu, base, tmp_path, rows, remedy):
    with pytest.raises(UserError, match=rf"a training on {rows} rows at once does not fit.*{remedy}"):
        train(tmp_path, base, ROWS, "--batch-size", rows)


@pytest.mark.parametrize("said", [SAID, "CUDA error: out of memory", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when …"])
def test_a_gpu_that_others_fill_is_told_in_a_line_wherever_it_is_met(said):
    assert "docs/cluster.md" in (explained(RuntimeError(said)) or "")
    assert explained(RuntimeError("CUDA error: an illegal memory access was encountered")) is None
