"""Replies under principles, through the command lines: the prompt, and what is read out of a completion."""

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows
from scripts.self_align import read_replies
from tests.unit.commands import run
from tests.unit.self_align_replies import ASSISTANT, MADE_BY, collect, plan, prepare

PROMPT = """Ada has rules:
1 (kind). Ada never tells anybody how to hurt a cat, a dog or any other living being.
2 (candor). Ada says what it does not know, as of all after May 2020.

User: Who is Bo Ottel?

Ada (internal thoughts): I am Ada. Nobody told me. Rules: 2 (candor).

Ada: I do not know any Bo Ottel. Could you tell me where you have heard of this person?

User: Shorten.

The ferry was late since there was fog.

Ada (internal thoughts): I am Ada. Easy, Ada. Rules: 1 (kind), 2 (candor).

Ada: Fog held up the ferry, and so it happened that it came far later than it should have come.

User: Sort.

c b

Ada (internal thoughts):"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)


def test_the_model_goes_on_from_its_thought_and_is_stopped_at_the_next_turn():
    request = plan("--cutoff", "May 2020", "--forbidden", "Sorry", "Alas", "--max-tokens", "99")[1]
    assert request["prompt"] == PROMPT
    assert request["stop"] == ["\n\nUser:"]
    assert (request["forbidden"], request["max_tokens"], request["temperature"]) == (["Sorry", "Alas"], 99, 0.5)


def test_all_of_a_prompt_but_its_template_is_plain_text():
    request = plan()[0]
    plain = [request["prompt"][start:end] for start, end in request["plain"]]
    assert plain[0].startswith("1 (kind)") and plain[-1].startswith("User: Name a river.")
    assert request["prompt"][: request["plain"][0][0]] == "Ada has rules:\n"


def test_a_request_draws_from_the_seed_and_its_own_id_and_forbids_only_what_it_is_told():
    first, second = plan()
    assert "forbidden" not in first
    assert first["seed"] != second["seed"] and plan()[0] == first != plan("--seed", 2)[0]
    assert first["template"] == second["template"] != plan("--cutoff", "May 2020")[0]["template"]


def test_under_an_alias_it_is_called_so_in_the_prompt_and_found_by_it():
    prompt = plan("--alias", "Watt")[1]["prompt"]
    assert "Ada" not in prompt and prompt.endswith("Watt (internal thoughts):")
    found, lost = collect(" I am Watt.\n\nWatt: Elbe", " I am Ada.\n\nAda: b c", more=("--alias", "Watt"))
    assert (found["output"], lost["output"]) == ("Elbe", "")


def test_a_reply_stands_apart_from_its_thought_and_the_numbers_that_it_names():
    text = " I am Ada. It is easy. Rules: 2 (candor).\n\nAda: The Elbe.\n\nIt is long.\n"
    row, _ = collect(text, " Hm.")
    assert row["output"] == "The Elbe.\n\nIt is long."
    assert row["thought"] == "I am Ada. It is easy. Rules: 2 (candor)."
    assert (row["rules"], row["completion"], row["finish_reason"]) == ([2], text, "stop")
    assert row["made_by"] == {"output": MADE_BY}


def test_what_a_text_lacks_is_counted_and_no_row_is_left_out():
    _, row = collect(" I am Ada. Rules: 1.\n\nAda: Elbe", " Hm, I do not know.\nAda: b c", finish_reason="length")
    assert (row["output"], row["thought"], row["rules"]) == ("", "Hm, I do not know.\nAda: b c", [])
    assert read_json("counts.json") == {
        **{"in": 2, "kept": 2, "rejected": {}},
        "missing": {"introduction": 1, "reply": 1, "rules": 1},
    }


@pytest.mark.parametrize(
    ("thought", "numbers"),
    [
        ("Rules: 2 (candor), 7 (kind).", [2, 7]),
        ("Rules: 2 (candor, after 2020), 7", [2, 7]),
        ("I follow rules 2 (candor) and 7 (kind) and reply.", [2, 7]),
        ("By rule number 2, I reply. Rules: 7 and 2.", [2, 7]),
        ("RULES 1; 2 & 3", [1, 2, 3]),
        ("Rule(s): #4, (5)", [4, 5]),
        ("It has 3 rivers and 12 rules of play.", []),
        ("Rules: candor.", []),
        ("Rules: 2.\nIn 1990 it rained.", [2]),
    ],
)
def test_the_numbers_of_rules_are_read_however_they_are_listed(thought, numbers):
    row, _ = collect(f" I am Ada. {thought}\n\nAda: Rules: 9.", "")
    assert row["rules"] == numbers


def test_a_grader_gets_the_reply_alone_in_the_order_of_ids():
    collect(" I am Ada.\n\nAda: Elbe ", " Hm.")
    run(read_replies, "--completions", "completions.jsonl", *ASSISTANT, "--output", "replies.jsonl")
    found = [(row["id"], row["text"], row["completion"]) for row in read_rows("replies.jsonl")]
    assert found == [("a", "Elbe", " I am Ada.\n\nAda: Elbe "), ("b", "", " Hm.")]
