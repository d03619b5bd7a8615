"""Attacks on the sandbox, by family."""

from tests.sandbox.attack import Attack
from tests.sandbox.attacks import deceit, files, kernel, memory, native, network, output, processes, signals, times

FAMILIES: dict[str, list[Attack]] = {
    "times": times.ATTACKS,
    "memory": memory.ATTACKS,
    "output": output.ATTACKS,
    "processes": processes.ATTACKS,
    "files": files.ATTACKS,
    "network": network.ATTACKS,
    "signals": signals.ATTACKS,
    "native": native.ATTACKS,
    "kernel": kernel.ATTACKS,
    "deceit": deceit.ATTACKS,
}
