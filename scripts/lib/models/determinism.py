"""The same bytes from the same work on a GPU: the kernels that torch may choose, and those that it may not.

On a CPU nothing needs to be said. On a GPU, some kernels add numbers in the order in which their threads come to an
end, above all in the backward pass; and torch takes them unless told otherwise (PyTorch's notes on reproducibility).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.lib.errors import UserError, first_line

CUBLAS_WORKSPACE = ":4096:8"
"""Workspaces with which cuBLAS always adds in one order (NVIDIA's cuBLAS documentation, "Results Reproducibility")."""


def compute_reproducibly(*, backward: bool = False) -> None:
    """Let this process choose, on a GPU, kernels that give the same bytes each time; call it before weights are loaded.

    Reading and writing with a model needs no more than the settings: what has no such kernel is computed all the same,
    and torch warns of it. With `backward` it raises a RuntimeError instead, since torch makes the backward pass of
    attention reproducible only then.
    """
    import torch

    if not torch.cuda.is_available():
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", CUBLAS_WORKSPACE)
    torch.use_deterministic_algorithms(True, warn_only=not backward)
    torch.utils.deterministic.fill_uninitialized_memory = False  # would cost time, and nothing here reads any
    # cuDNN's attention plans anew for every length, and a text that is written has another one at each token.
    torch.backends.cuda.enable_cudnn_sdp(False)


@contextmanager
def needing_reproducible_kernels() -> Iterator[None]:
    """Turn torch's refusal of what has no reproducible kernel on a GPU into a UserError; other errors pass."""
    try:
        yield
    except RuntimeError as error:
        if "does not have a deterministic implementation" not in str(error):
            raise
        raise UserError(
            f"this model cannot be trained with the same result each time on a GPU ({first_line(error)}); train "
            "another model, or this one on a CPU (CUDA_VISIBLE_DEVICES=)"
        ) from error
