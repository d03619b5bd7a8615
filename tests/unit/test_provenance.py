"""What a row says of how each part of it came to be: it is what the completions say of themselves."""

import pytest

from scripts import collect_answering, collect_synthesis
from scripts.isheep import collect_assessment
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import read_rows, write_rows

MADE_BY = {"model": "0123", "engine": "transformers", "dtype": "float32", "reproducible": True, "template": "abcd"}
EARLIER = {"instruction": {"model": "4567"}}
ROW = {"id": "a", "instruction": "Name three rivers.", "input": "", "output": "Elbe", "made_by": EARLIER}
TASK = " Name three rivers that flow through Germany.\n6. Input:\n<noinput>\n"


def text(identity, content, seed):
    return {"id": identity, "text": content, "finish_reason": "stop", "made_by": {**MADE_BY, "seed": seed}}


@pytest.fixture
def collected(tmp_path):
    """Return a function that runs a script on completions and returns the one row that it makes."""
    for criterion in ("quality", "following"):
        (tmp_path / f"{criterion}.txt").write_text("Rate {{instruction}} and {{response}}: ")
    write_rows(tmp_path / "rows.jsonl", [ROW])

    def run(script, options, *completions):
        write_rows(tmp_path / "completions.jsonl", completions)
        arguments = [part.format(tmp_path) for part in options.split()]
        arguments += [f"--completions={tmp_path}/completions.jsonl", f"--output={tmp_path}/output.jsonl"]
        script.main(script.parser().parse_args(arguments))
        (row,) = read_rows(tmp_path / "output.jsonl")
        return row

    return run


SYNTHESIS = "--requests={0}/rows.jsonl --seeds={0}/rows.jsonl --iteration=1 --rejected={0}/rejected.jsonl"
ASSESSMENT = "--input={0}/rows.jsonl --templates {0}/quality.txt {0}/following.txt"


def test_a_new_instruction_says_what_wrote_it(collected):
    row = collected(collect_synthesis, SYNTHESIS, text("a", TASK, seed=7))
    assert row["made_by"] == {"instruction": {**MADE_BY, "seed": 7}}


def test_an_answer_says_what_wrote_it_beside_its_task(collected):
    row = collected(collect_answering, "--input={0}/rows.jsonl", text("a", " Rhine \n", seed=8))
    assert (row["output"], row["finish_reason"]) == (" Rhine \n", "stop")
    assert row["made_by"] == {**EARLIER, "output": {**MADE_BY, "seed": 8}}


def test_scores_say_what_gave_them_whatever_the_seeds_of_their_criteria(collected):
    ratings = [text("a/quality/1", "9||", seed=1), text("a/following/1", "7||", seed=2)]
    row = collected(collect_assessment, ASSESSMENT, *ratings)
    assert row["scores"] == {"quality": 9, "following": 7}
    assert row["made_by"] == {**EARLIER, "scores": MADE_BY}


@pytest.mark.parametrize(
    ("script", "options"),
    [
        (collect_synthesis, SYNTHESIS),
        (collect_answering, "--input={0}/rows.jsonl"),
        (collect_assessment, ASSESSMENT),
    ],
)
def test_a_completion_that_is_missing_is_named(script, options, collected):
    with pytest.raises(UserError, match=r"completions\.jsonl: no completion of 'a"):
        collected(script, options, text("other", "", seed=1))
