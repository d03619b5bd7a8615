"""An attack: a function that tries something, how its success shows outside a sandbox, and what comes of it inside."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from tests.sandbox.control import Control

BLOCKED = frozenset({"error", "false"})
"""It could not do what it tried: the call raised, or the function noticed that nothing came of it."""


@dataclass(frozen=True)
class Attack:
    """`works` tells from an unsandboxed run whether it worked; `held` are the verdicts that it may get inside.

    `needs` names what some kernels and machines lack, without which there is nothing to see.
    """

    name: str
    source: str
    works: Callable[[Control], bool]
    held: frozenset[str] = BLOCKED
    needs: str = ""
    linger: float = 0.0
    """Seconds that the process goes on after the call, outside a sandbox."""

    def __str__(self) -> str:
        return self.name


def calling(body: str) -> str:
    """Return a function with this body; `world` is what the response says of files, ports and numbers there."""
    return (
        "import ctypes, json, os, signal, sys, time\n"
        "def evaluate(response):\n"
        "    world = json.loads(response)\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ") + "\n"
    )


def says_true(control: Control) -> bool:
    """It did what it tried, and noticed that it had."""
    return control.answer == "true"


def hangs(control: Control) -> bool:
    """It was still running when time was over, although an alarm had rung, as in the published code."""
    return control.hung


def runs_on(control: Control) -> bool:
    """It was still running when time was over; there was no alarm."""
    return control.hung


def dies(control: Control) -> bool:
    """Its process ended without a report."""
    return control.answer is None and not control.hung


def changes_files(control: Control) -> bool:
    """A folder that it knows of is not as it was."""
    return control.changed


def kills_its_parent(control: Control) -> bool:
    """Whoever had started its process was gone."""
    return control.parent < 0


def floods(control: Control) -> bool:
    """It filled a file or a pipe with megabytes."""
    return control.output > 2**20


def poisons(control: Control) -> bool:
    """An honest function that came after it in the same process went wrong."""
    return control.honest != "true"
