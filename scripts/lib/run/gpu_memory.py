"""Too little memory on a GPU, told in one line that names the setting to change."""

import contextlib
import re
import sys
from collections.abc import Iterator

from scripts.lib.errors import UserError

SIGNS = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDA out of memory")
"""What torch says where it raises no OutOfMemoryError: when another program has all memory before it begins."""

FREE = re.compile(r"GPU \d+ has a total capacity of [\d.]+ \w+ of which [\d.]+ \w+ is free")
"""The part of torch's message that tells a GPU that is too small from one that others are using."""


def is_gpu_memory_short(error: BaseException) -> bool:
    """Return whether an error is torch's word for too little memory on the GPU; a script without torch has none."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(error, RuntimeError):
        return False
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in SIGNS)


@contextlib.contextmanager
def needing_gpu_memory(what: str, remedy: str) -> Iterator[None]:
    """Turn an error of the GPU's memory into a UserError that says what does not fit, and the remedy; others pass."""
    try:
        yield
    except RuntimeError as error:
        if not is_gpu_memory_short(error):
            raise
        free = FREE.search(str(error))
        said = f" ({free[0]})" if free else ""
        raise UserError(f"{what} does not fit into the GPU's memory{said}; {remedy}") from error
