"""Given prompts, through the command line: what is cleaned away, how long they may be, equal ones, order."""

import json

import pytest

from scripts.lib.errors import UserError
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.plain_text import plain_text
from scripts.lib.models.tokens import token_ids
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.self_align import clean_prompts
from scripts.self_align.cleaning import cleaned
from tests.unit.commands import run
from tests.unit.rejected_rows import verdict_of


@pytest.fixture
def clean(root, tmp_path):
    """A function that cleans the rows of files; it returns prompts, rejected rows by their ids, and counts."""

    def made(files, *more):
        for name, rows in files.items():
            write_rows(tmp_path / name, rows)
        outputs = ("--output", tmp_path / "out", "--rejected", tmp_path / "fallen", "--counts", tmp_path / "counts")
        inputs = [tmp_path / name for name in files]
        run(clean_prompts, "--input", *inputs, "--model", root / "config/models/tiny", *outputs, *more)
        rejected = {row["id"]: row for row in read_rows(tmp_path / "fallen")}
        return list(read_rows(tmp_path / "out")), rejected, read_json(tmp_path / "counts")

    return made


CHAT = {
    "conversations": [{"from": "human", "value": "1 / 2\nName a big river.\n2 / 2"}, {"from": "gpt", "value": "Po"}]
}
TASKS = [
    {"instruction": "Say what the opposite of hot is.", "context": "", "response": "cold"},
    {"instruction": "Sort the words.", "input": "b a", "output": "a b", "made_by": "me"},
    {"instruction": "name a BIG river", "output": ""},
    {"instruction": "Share Prompt", "output": ""},
    {"instruction": "Name a long list of words. " * 40, "output": ""},
]


def test_tasks_and_chats_become_prompts_and_what_is_none_has_its_rule(clean):
    kept, rejected, counts = clean({"chats.jsonl": [CHAT], "tasks.jsonl": TASKS})
    assert sorted((row["id"], row["instruction"], row["input"]) for row in kept) == [
        ("chats-000001", "Name a big river.", ""),
        ("tasks-000001", "Say what the opposite of hot is.", ""),
        ("tasks-000002", "Sort the words.", "b a"),
    ]
    assert all(row.keys() == {"id", "instruction", "input", "origin"} and row["origin"] == "given" for row in kept)
    assert verdict_of(rejected["tasks-000003"]) == {"rule": "repeated", "of": "chats-000001"}
    assert verdict_of(rejected["tasks-000004"]) == {"rule": "too_few_tokens", "tokens": 0, "given": "Share Prompt"}
    assert verdict_of(rejected["tasks-000005"])["tokens"] > 256
    assert (counts["in"], counts["kept"], counts["cleaned"]) == (6, 3, 2)


SAID = {"from": "gpt", "value": "Po"}
NOBODY_ASKS = [
    {"id": "no turn", "conversations": []},
    {"id": "no user", "conversations": [SAID]},
    {"id": "blank", "conversations": [{"from": "human", "value": " "}, SAID]},
    {"id": "told", "messages": [{"role": "system", "content": "Be brief."}]},
    {"id": "task", "instruction": "", "output": "a"},
]


def test_rows_in_which_nobody_asks_anything_are_rejected_as_they_are(clean):
    kept, rejected, counts = clean({"dump.jsonl": [*NOBODY_ASKS, CHAT]})
    assert [row["instruction"] for row in kept] == ["Name a big river."]
    assert {identity: verdict_of(row) for identity, row in rejected.items()} == {
        row["id"]: {"rule": "no_task"} for row in NOBODY_ASKS
    }
    assert json.loads(rejected["no user"]["other_fields"]) == {"conversations": [SAID]}
    assert (counts["in"], counts["kept"], counts["cleaned"]) == (6, 1, 1)


@pytest.mark.parametrize("text", ["Say <|endoftext|> twice.", "Name a river. <|im_end|>\n", "Café  ou thé ?"])
def test_the_tokens_that_measure_a_prompt_are_those_that_a_model_would_read(clean, root, text):
    tokens = len(token_ids(load_tokenizer(root / "config/models/tiny"), plain_text(text.strip())))
    rows = {"tasks.jsonl": [{"instruction": text, "output": ""}]}
    assert len(clean(rows, "--least-tokens", tokens, "--most-tokens", tokens)[0]) == 1


def test_question_and_response_are_a_task_as_openorca_has_them(clean):
    row = {"id": "flan.1", "system_prompt": "Be brief.", "question": "Name a river.", "response": "Po"}
    assert clean({"orca.jsonl": [row]})[0] == [
        {"id": "flan.1", "instruction": "Name a river.", "input": "", "origin": "given"}
    ]


def test_lengths_held_out_tasks_and_a_sample_are_as_the_options_say(clean, tmp_path):
    write_rows(tmp_path / "held_out.jsonl", [{"id": "h", "instruction": "sort the words.", "input": "b  A"}])
    files = {"tasks.jsonl": TASKS}
    kept, rejected, _ = clean(files, "--held-out", tmp_path / "held_out.jsonl", "--most-tokens", 1000, "--most", 2)
    rules = sorted(verdict_of(row)["rule"] for row in rejected.values())
    assert rules == ["beyond_most", "held_out", "too_few_tokens"]
    assert len(kept) == 2
    assert kept == clean(files, "--held-out", tmp_path / "held_out.jsonl", "--most-tokens", 1000, "--most", 2)[0]


def test_no_prompt_at_all_is_an_error_that_says_why(clean):
    with pytest.raises(UserError, match=r"none of the 1 rows.*too_few_tokens 1.*lower prompts.least_tokens"):
        clean({"tasks.jsonl": TASKS[3:4]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 / 3\n\nWhat is 2 / 3?\n\n1/1\n", "What is 2 / 3?"),
        ("Name a river.\nShare Prompt\n2 / 2", "Name a river."),
        ("Name a river.\nTranslate", "Name a river."),
        ("Name a river. Please write in English language.", "Name a river."),
        ("Name a river.\n\nRespond in German.", "Name a river."),
        ("Bonjour!\nTranslate this to English", "Bonjour!\nTranslate this to English"),
        ("Write a letter in German.", "Write a letter in German."),
        ("How do I answer in English?", "How do I answer in English?"),
        ("Halve it:\n3 / 4\nand again.", "Halve it:\n3 / 4\nand again."),
        (" \n", ""),
    ],
)
def test_what_the_page_around_a_prompt_said_is_taken_off_and_nothing_else(text, expected):
    assert cleaned(text) == expected
    assert cleaned(expected) == expected
