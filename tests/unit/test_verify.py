"""Rows that `scripts.verify` refuses, by file, line and field; and that what it writes follows the responses."""

import json

import pytest

from scripts import verify
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.unit.refusals import refusal

FUNCTION = {"id": "long", "function": "def evaluate(response):\n    return len(response) > 2"}
RESPONSE = {"id": "a", "function_id": "long", "response": "three"}

BAD = [
    ({"id": "long"}, RESPONSE, "functions.jsonl:1 (id 'long'): 'function' must be text, but is missing"),
    (FUNCTION | {"function": ["def"]}, RESPONSE, "functions.jsonl:1 (id 'long'): 'function' must be text, but is"),
    (FUNCTION | {"id": 1}, RESPONSE, "functions.jsonl:1: the id must be text, not 1"),
    ([FUNCTION, FUNCTION], RESPONSE, "functions.jsonl:2: the id 'long' occurs twice"),
    (FUNCTION, {"id": "a", "response": "x"}, "responses.jsonl:1 (id 'a'): 'function_id' must be text, but is missing"),
    (FUNCTION, {"id": "a", "function_id": "long"}, "responses.jsonl:1 (id 'a'): 'response' must be text"),
    (FUNCTION, RESPONSE | {"response": None}, "'response' must be text, but is null"),
    (FUNCTION, [RESPONSE, RESPONSE], "responses.jsonl:2: the id 'a' occurs twice"),
    (
        FUNCTION,
        [RESPONSE, {"id": "b", "function_id": "short", "response": ""}],
        "responses.jsonl:2: 'function_id' is \"short\", and no function in",
    ),
    (FUNCTION, [], "responses.jsonl: there are no rows in this file"),
]


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "given"

    def write(functions, responses):
        for name, rows in (("functions", functions), ("responses", responses)):
            write_rows(folder / f"{name}.jsonl", rows if isinstance(rows, list) else [rows])
        return [f"--{name}={folder / name}.jsonl" for name in ("functions", "responses")]

    return write


@pytest.mark.parametrize(("functions", "responses", "message"), BAD)
def test_a_bad_row_is_named(files, tmp_path, functions, responses, message):
    output = tmp_path / "verdicts.jsonl"
    given = [*files(functions, responses), "--workers=1", f"--output={output}"]
    assert message in refusal("verify", *given, inputs=tmp_path / "given", output=output)


@pytest.mark.parametrize("option", ["--workers=0", "--cpu-seconds=0", "--wall-seconds=nan", "--memory-mb=1"])
def test_a_limit_out_of_range_is_named(files, tmp_path, option):
    given = [*files(FUNCTION, RESPONSE), option, f"--output={tmp_path / 'verdicts.jsonl'}"]
    assert option.split("=")[0] in refusal("verify", *given, inputs=tmp_path / "given")


def test_verdicts_follow_the_responses_whatever_functions_they_go_to(files, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "MOST_RESPONSES", 7)
    functions = [{"id": f"{least}", "function": f"def evaluate(r): return len(r) > {least}"} for least in range(20)]
    pairs = [(number % 3 * (number // 30 % 5), number) for number in range(300)]
    responses = [{"id": f"{n}", "function_id": f"{least}", "response": "x" * (n % 8)} for least, n in pairs]
    given = files(functions, responses)
    outputs = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for workers, output in enumerate(outputs, start=1):
        verify.main(verify.parser().parse_args([*given, f"--workers={workers}", f"--output={output}"]))
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    wanted = [{"id": f"{n}", "verdict": json.dumps(n % 8 > least)} for least, n in pairs]
    assert list(read_rows(outputs[0])) == wanted
