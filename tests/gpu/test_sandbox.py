"""The sandbox beside a GPU: a process that computes on one has functions verified, and they reach no device."""

import torch

from scripts.lib.sandbox.running import Batch, Sandbox
from scripts.lib.sandbox.verdicts import FunctionVerdict

HONEST = "def evaluate(response):\n    return response.endswith('.')\n"
REACHES = """
import os
def evaluate(response):
    try:
        os.open(response, os.O_RDWR)
        return True
    except OSError:
        pass
    try:
        import torch
        return torch.cuda.is_available()
    except ImportError:
        return False
"""


def test_functions_are_verified_beside_a_process_that_holds_a_gpu_and_reach_none():
    held = torch.ones(1000, device="cuda")
    with Sandbox(workers=1) as sandbox:
        batches = [Batch(HONEST, ["Yes.", "no"]), Batch(REACHES, ["/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"])]
        honest, reaching = sandbox.run(batches)
    assert honest == [FunctionVerdict.TRUE, FunctionVerdict.FALSE]
    assert reaching == [FunctionVerdict.FALSE] * 3
    assert float(held.sum()) == 1000
