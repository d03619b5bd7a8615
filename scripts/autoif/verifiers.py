"""A function with test cases: what a model's answer must look like, and why one that cannot be read is rejected."""

import json
import re
from typing import Any

from pydantic import TypeAdapter

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.shapes import Shape, has_shape
from scripts.lib.rows.strict_json import parse_json, shown
from scripts.lib.rows.verdicts import Verdict

_LARGER = "or take a larger model, which keeps the form"

CUT_OFF_ANSWER = Reason(
    "cut_off_answer",
    "the answer was cut off at the token limit before its JSON was over",
    "raise verifiers.max_tokens",
)
NO_JSON = Reason(
    "no_json",
    "there is no JSON object in the answer",
    f"have the prompt end where the object begins, {_LARGER}",
)
BROKEN_JSON = Reason(
    "broken_json",
    "the answer's object is no JSON: most often, a quotation mark or a line break within the code is not escaped, or "
    "True is written for true",
    f"lower verifiers.temperature, {_LARGER}",
)
NO_FUNCTION = Reason(
    "no_function",
    "the object has no text `func` in which the name evaluate occurs",
    f"have the prompt show the form once more, {_LARGER}",
)
NO_CASES = Reason(
    "no_cases",
    "the object has no list `cases` with at least one test case",
    f"have the prompt show the form once more, {_LARGER}",
)
UNUSABLE_CASE = Reason(
    "unusable_case",
    "a test case is not a text `input` with an `output` of true or false, which may stand there as a text",
    f"lower verifiers.temperature, {_LARGER}",
)
REASONS = (CUT_OFF_ANSWER, NO_JSON, BROKEN_JSON, NO_FUNCTION, NO_CASES, UNUSABLE_CASE)
"""All, in the order in which they are looked for."""

FENCE_IS_CLOSED = r"(?s).*\}\s*```"
"""Matches a text whose JSON is over: a base model would go on after it."""

_FENCES = (re.compile(r"```json[ \t]*\n(.*)", re.DOTALL | re.IGNORECASE), re.compile(r"```[^\n`]*\n(.*)", re.DOTALL))
_TRUTH = {"true": True, "false": False}


class _Case(Shape):
    """A test case: a response, and whether it follows the instruction."""

    input: str
    output: bool | str


_CASE: TypeAdapter[Any] = TypeAdapter(_Case)


def function_id(instruction_id: str, number: int) -> str:
    """Return the id of the request for an instruction's function of this number, from 1, and of the function."""
    return f"{instruction_id}/{number}"


def truth(output: bool | str) -> bool | None:
    """Return which truth value a case expects, whether it says so as one or as a text; None if it is neither."""
    return output if isinstance(output, bool) else _TRUTH.get(output.strip().lower())


def parse_verifier(text: str, finish_reason: str) -> Row | Verdict:
    """Return the function and the cases of an answer, as it states them, or why it cannot be read.

    The answer is JSON by its standard, {"func": text, "cases": [{"input": text, "output": true or false}]}, with or
    without a ```json fence. Nothing of it is run or compiled.
    """
    content = _object_in(text)
    if content is None:
        return Verdict(CUT_OFF_ANSWER if finish_reason == "length" else NO_JSON)
    try:
        found = parse_json(content.encode(), "answer", "an answer must be valid JSON")
    except (UserError, UnicodeEncodeError) as error:
        return Verdict(CUT_OFF_ANSWER if finish_reason == "length" else BROKEN_JSON, {"error": str(error)})
    if not isinstance(found.get("func"), str) or "evaluate" not in found["func"]:
        return Verdict(NO_FUNCTION)
    cases = found.get("cases")
    if not isinstance(cases, list) or not cases:
        return Verdict(NO_CASES)
    for number, case in enumerate(cases, start=1):
        if not is_case(case):
            return Verdict(UNUSABLE_CASE, {"case": number, "is": shown(case)})
    return {"function": found["func"], "cases": [{name: case[name] for name in ("input", "output")} for case in cases]}


def _object_in(text: str) -> str | None:
    """Return the part of an answer that should be a JSON object; None if no object begins in it.

    It is the first one: of a text that begins with it, else behind a fence, else anywhere. What follows it is left out.
    """
    bare = text.lstrip().startswith("{")
    fenced = None if bare else next(filter(None, (fence.search(text) for fence in _FENCES)), None)
    content = fenced[1] if fenced else text
    start = content.find("{")
    if start < 0:
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(content, start)
    except (ValueError, RecursionError):  # what is wrong, the strict reader tells
        return content[start:]
    return content[start:end]


def is_case(case: Any) -> bool:
    """Return whether a value is a test case: a text `input`, and an `output` that is true or false, or says so."""
    return has_shape(_CASE, case) and truth(case["output"]) is not None
