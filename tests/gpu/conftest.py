"""What tests on a GPU share: the reason why they are skipped without one, and a model with layers of real width."""

from importlib.util import find_spec

import pytest
import torch

from benchmarks.gpu.model import SMALL, build_random_llama


def why_not() -> str | None:
    """Return why nothing can be tested here; None where there is a GPU."""
    if torch.cuda.is_available():
        return None
    why = "sees no GPU (nvidia-smi tells whether there is one)" if torch.version.cuda else "is no CUDA build"
    return f"torch {torch.__version__} {why}"


@pytest.fixture(scope="session", autouse=True)
def gpu():
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def vllm(gpu):
    if not find_spec("vllm"):
        pytest.skip("vllm is not installed: pip install -r requirements-vllm-gpu.txt -c constraints.txt")


@pytest.fixture(scope="session")
def model(gpu, tmp_path_factory):
    """The folder of a random Llama of 76 million parameters, in bfloat16."""
    return build_random_llama(tmp_path_factory.mktemp("models") / "random", SMALL)
