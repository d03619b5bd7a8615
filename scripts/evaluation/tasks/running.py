"""Whether code that a model wrote passes the tests of a document: in the sandbox, and nowhere else."""

import re
from functools import cache
from typing import Any

from scripts.lib.sandbox.limits import Limits
from scripts.lib.sandbox.running import Batch, Sandbox
from scripts.lib.sandbox.verdicts import FunctionVerdict

LIMITS = Limits(cpu_seconds=3, wall_seconds=6, memory_bytes=2**29)
"""Three seconds, as with lm-eval's own way, which runs it unprotected."""

RUNS = "def evaluate(response):\n    exec(response, {})\n    return True\n"
"""What is asked in the sandbox about a program: to come to its end without an error."""

_BLOCK = re.compile(r"```(?:\w+)?\n(.*?)```", re.DOTALL)


def humaneval(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return whether a function that the model completed passes: {"pass@1": 0 or 1}."""
    return {"pass@1": passes(doc["prompt"] + results[0], humaneval_tests(doc))}


def humaneval_instruct(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return the same for an answer that may go on behind the code block which the prompt opened."""
    return {"pass@1": passes(doc["prompt"] + results[0].partition("```")[0], humaneval_tests(doc))}


def mbpp(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return whether a program that the model wrote passes: {"pass_at_1": 0 or 1}."""
    return {"pass_at_1": passes(results[0], mbpp_tests(doc))}


def mbpp_instruct(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Return the same for an answer in the code block which the prompt opened, or in one of its own."""
    within, _, _ = results[0].partition("```")
    found = None if within.strip() else _BLOCK.search(results[0])
    return {"pass_at_1": passes(found[1] if found else within, mbpp_tests(doc))}


def humaneval_tests(doc: dict[str, Any]) -> str:
    """Return the program that tests a function of HumanEval."""
    return f"{doc['test']}\ncheck({doc['entry_point']})"


def mbpp_tests(doc: dict[str, Any]) -> str:
    """Return the program that tests a function of MBPP: the three tests that the prompt shows."""
    return "\n".join(doc["test_list"][:3])


def passes(program: str, tests: str) -> float:
    """Return 1 if a program, and then its tests, run to their end; raises UserError where nothing can be confined."""
    [[verdict]] = _sandbox().run([Batch(RUNS, [f"{program}\n{tests}"])])
    return float(verdict is FunctionVerdict.TRUE)


@cache
def _sandbox() -> Sandbox:
    """The one warm process, which ends with this one."""
    return Sandbox(LIMITS, workers=1)
