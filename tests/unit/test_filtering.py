"""The rule filter: what it keeps, how it names what it rejects, and what it and the other filters refuse."""

import json
import subprocess
import sys

import pytest

from scripts.isheep import rule_filter, score_filter
from scripts.isheep.rules import RULE_SETS, select_rules
from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.rows.rules import first_failing
from tests.unit.rejected_rows import others_of, verdict_of

TASK = {"instruction": "Give a short answer.", "input": "", "output": "Here it is."}


def with_output(output, **fields):
    return {**TASK, "output": output, **fields}


def asked(instruction, output, task_input=""):
    return {"instruction": instruction, "input": task_input, "output": output}


REFERENCE_CASES = [
    (with_output("Yes.\nUser: and now?"), "turn_marker"),
    (with_output("Pick.\nAnswer choices: red"), "answer_choices"),
    (with_output("There is no input."), "noinput_in_output"),
    (with_output("Done.\ncan you see it"), "can_you"),
    (with_output("How do you do"), "do_you"),
    (with_output("Done.\n\nIs it clear?"), "question"),
    (with_output("Fruit, e.g. pears"), "lettered_options"),
    (with_output("Option (b) it is"), "lettered_options"),
    (with_output("Hello is 你好"), "cjk"),
    ({**TASK, "instruction": "Explain nonetheless in a word."}, "placeholder"),
    ({**TASK, "input": "<p>text</p>"}, "placeholder"),
    ({**TASK, "instruction": "Spell the word cat.", "input": "at"}, "input_in_instruction"),
    (with_output(""), "empty_output"),
    (with_output("答案：答案: "), "empty_output"),
    (with_output("答案：\nParis"), None),
    (with_output("\nAssistant: Paris"), "turn_marker"),
    (with_output("Assistant: Paris"), None),
    (with_output("  答案：42"), "cjk"),
    (with_output("Pick.\nAnswer\tchoices: red"), "answer_choices"),
    (with_output("Pick.\nAnswer  choices: red"), None),
    (with_output("  \n"), None),
    (with_output(" "), None),
    (with_output("cut off in the", finish_reason="length"), None),
    (TASK, None),
]

PRECISE_CASES = [
    (with_output("Yes.\nUser: and now?"), "turn_marker"),
    (with_output("Yes.\nassistant\nAgain yes."), "turn_marker"),
    (with_output("Yes.<|im_end|>"), "chat_token"),
    ({**TASK, "instruction": "Say hello.<｜User｜>Now go."}, "chat_token"),
    ({**TASK, "input": "a [/INST] b"}, "chat_token"),
    (with_output("Yes.<end_of_turn>"), "chat_token"),
    (with_output("Yes.</s>"), "chat_token"),
    (with_output("<s>Yes.\n</s>"), "chat_token"),
    (with_output("Yes.<turn|>"), "chat_token"),
    (with_output("Yes.\n<|turn>user"), "chat_token"),
    (with_output('[TOOL_CALLS][{"name": "sum"}]'), "chat_token"),
    ({**TASK, "input": "[gMASK]<sop>"}, "chat_token"),
    (with_output("<s>Use <b>this</b>.\n</s>"), "chat_token"),
    (with_output("<b>Use</b> this.</s>"), "chat_token"),
    (with_output("<p><s>It cost\n9 euros.</s>\n8 euros.</p>"), None),
    (with_output("<s>9</s> <b>8</b> euros"), None),
    (with_output("The mean is <|x|>, and a <|b|> c."), None),
    (with_output("It costs <s>9</s> 8 euros: <br>f <| x |> g"), None),
    (with_output("The pattern is (?P<s>a) in List<s>."), None),
    (with_output("Words:\nSystem\nnetwork"), None),
    (with_output("User: and now?"), "turn_marker"),
    (with_output("positive\n\nInput: I hate it.\nOutput: negative"), "turn_marker"),
    (with_output("Paris.\n\nQ: capital of Spain?\nA:"), "turn_marker"),
    (with_output("Output: 2"), None),
    ({**with_output("It adds.\nInput: 2 3\nOutput: 5"), "instruction": "Say what this function does."}, None),
    ({**with_output("User: Hi!\nAssistant: Hello."), "instruction": "Write a dialogue."}, None),
    (asked("Write a story.", "They slept.\n\nUser: And now?\nAssistant: No."), "turn_marker"),
    (asked("Give some examples of code.", "print(1)\n\nUser: And now?\nAssistant: No."), "turn_marker"),
    (asked("Write a quiz.", "Q: 1 + 1?\nA: 2\n\nQ: 1 + 2?\nA: 3"), None),
    (asked("Write a quiz.", "Q: 1 + 1?\nA: 2\n\nUser: And now?\nAssistant: No."), "turn_marker"),
    (asked("Write a dialogue.", "User: Hi!\n\nInput: 2\nOutput: 3"), "turn_marker"),
    (asked("Write a Python function.", "It adds.\n\nQ: Which town?\nA: Rome"), "turn_marker"),
    (asked("Is it a question?", "No.\n\n Q: Which town?\n A: Rome", "Tell me examples of code."), "turn_marker"),
    (with_output("Paris.\n\n### Instruction:\nName a fruit.\n\n### Response:\nApple"), "turn_marker"),
    (with_output("Paris.\n\n**Question:** Which town?\n**Answer:** Rome"), "turn_marker"),
    (with_output("Paris.\n\n**User**: Which town?"), "turn_marker"),
    (asked("Translate to German.", "Frau.\nUser: Hallo!", "Woman.\nUser: Hello!"), None),
    (asked("Translate to German.", "Frau.\nUser: Hallo!", "Woman."), "turn_marker"),
    (with_output("Vitamins:\nA: for the eyes\nB: for the nerves"), None),
    (with_output("Blood groups\n**A**: 43 %\n**B**: 11 %\n**AB**: 5 %"), None),
    (with_output("User: ann01\nHost: sheep"), None),
    (with_output("System: Windows 10\nMemory: 16 GB"), None),
    (with_output("def add(a, b):\n    return a + b\n\n# Output: 3"), None),
    (with_output("Europe\nRosa has a test. Write coffee and 9 as an equation.\ncoffee = 9"), "next_task"),
    (with_output("Venus\nWhich is the lowest part of Earth's atmosphere?\nTroposphere"), "next_task"),
    (with_output("Steps:\nWrite down what you want to do first.\nThen do it."), None),
    (with_output("1. Write it down.\nName the folder.\n2. Save it."), None),
    (with_output("Paris.\n\nWhat is the capital of Germany?\n\nBerlin."), "next_question"),
    (with_output("Sure.\n\nCan you also list its rivers?\n\nYes"), "next_question"),
    ({**with_output("Hi!\n\nHow are you?\n\nFine."), "instruction": "Rewrite as a conversation."}, None),
    ({**with_output("Dear Ann,\n\nHow are you?\n\nYours, Bob"), "instruction": "Write a letter to a friend."}, None),
    (asked("Write a letter to a friend.", "Dear Ann,\n\nHow are you?\n\nI am well.\n\nYours, Bob"), None),
    (asked("Write a letter to a friend.", "Dear Ann,\n\nIs it cold up there?\n\nBest,\nBob"), None),
    (asked("Write a letter to a friend.", "Yours, Bob\n\nWhat is the capital of Spain?\n\nMadrid."), "next_question"),
    (asked("Summarize the article.", "It rains.\n\nWhat is the capital of Spain?\nMadrid."), "next_question"),
    (asked("Argue for trains: write an argument.", "Fly?\n\nWhy should we?\n\nTrains are clean."), None),
    (asked("Answer the question.", "Rome.\n\nWhat is the capital of Spain?\n\nMadrid."), "next_question"),
    (asked("Tell a riddle.", "Here it is:\n\nWhat has keys, but opens no lock?\n\nA piano."), None),
    (with_output("Pick.\nAnswer choices: red"), "answer_choices"),
    (with_output("<noinput>"), "noinput_in_output"),
    (with_output("There is no input."), None),
    (with_output("Done.\n\nCan you see it now?"), "question"),
    (with_output("How do you do"), None),
    (with_output("Fruit, e.g. pears, i.e. (a) fruit by J. B. Smith"), None),
    (with_output("Which?\nA. red\nB. blue"), "lettered_options"),
    (with_output("(a) Rome (b) Paris"), "lettered_options"),
    (
        asked("Write a story.", "They slept.\n\nWhich is the capital of Spain?\na) Madrid\nb) Lisbon"),
        "lettered_options",
    ),
    (asked("What are the steps of first aid?", "(a) Check the scene (b) Call for help"), None),
    (with_output("Rain has (a) a cause, and (b) an effect."), None),
    ({**with_output("Which?\nA. red\nB. blue"), "instruction": "Write a multiple-choice question."}, None),
    (with_output("Hello is 你好"), "cjk"),
    ({**with_output("你好"), "instruction": "Translate hello to Chinese."}, None),
    ({**TASK, "instruction": "Explain nonetheless in a word, or none."}, None),
    ({**TASK, "input": "<p>text</p>"}, None),
    ({**TASK, "input": "<your text here>"}, "placeholder"),
    ({**TASK, "instruction": "Write a poem about <topic>."}, "placeholder"),
    ({**TASK, "input": "<name>"}, "placeholder"),
    ({**TASK, "input": "Summarise this: <text>"}, "placeholder"),
    ({**TASK, "instruction": "Say what the XML tag <name> holds.", "input": "<name>Ann</name>"}, None),
    ({**TASK, "input": "None."}, "empty_input_word"),
    ({**TASK, "instruction": "Spell the word cat.", "input": "at"}, None),
    ({**TASK, "instruction": "Spell the word cat.", "input": "cat"}, "input_in_instruction"),
    (with_output("  \n"), "blank_output"),
    (with_output(""), "blank_output"),
    (with_output("cut off in the", finish_reason="length"), "truncated"),
    (TASK, None),
]


def rules_that_rejected(out, count):
    found = {row["id"]: row["rejected"]["rule"] for row in out.rejected}
    return [found.get(f"row-{number:06d}") for number in range(1, count + 1)]


@pytest.mark.parametrize(("name", "cases"), [("reference", REFERENCE_CASES), ("precise", PRECISE_CASES)])
def test_each_row_falls_to_its_rule(filter_rows, name, cases):
    out = filter_rows(rule_filter, [row for row, _ in cases], "--rules", name)
    assert rules_that_rejected(out, len(cases)) == [rule for _, rule in cases]
    assert out.counts["in"] == out.counts["kept"] + sum(out.counts["rejected"].values()) == len(cases)


def test_a_rejected_row_shows_what_the_rule_found(filter_rows):
    out = filter_rows(rule_filter, [TASK, with_output("Hello is 你好", note=1)])
    assert verdict_of(out.rejected[0]) == {"rule": "cjk", "field": "output", "match": "你好"}
    assert others_of(out.rejected[0]) == {"note": 1}


@pytest.mark.parametrize(
    ("rules", "output"),
    [("precise", "Paris"), ("reference", " \nParis \n"), ("none", "答案: 答案：\n \nParis")],
)
def test_outputs_are_cleaned_as_the_set_of_rules_has_it(filter_rows, rules, output):
    rows = [with_output("答案: 答案：\n \nParis \n")]
    assert filter_rows(rule_filter, rows, "--rules", rules).kept[0]["output"] == output


@pytest.mark.parametrize(
    "text", ["\n\n" + "A" * 100, "\n\nWho is it", "a) " + "x" * 59 + " ", "\n \t", "\na", "?\n", "B. "]
)
def test_no_rule_tries_again_from_every_place(text):
    """Else texts of a million characters that nearly match would take hours."""
    output = "x" + text * (1_000_000 // len(text)) + "x"
    for instruction in (TASK["instruction"], "Write a letter."):
        assert first_failing(with_output(output, instruction=instruction), RULE_SETS["precise"]) is None


def test_no_rules_let_every_row_pass(filter_rows):
    out = filter_rows(rule_filter, [row for row, _ in REFERENCE_CASES], "--rules", "none", "--without", "cjk")
    assert out.counts == {"in": len(REFERENCE_CASES), "kept": len(REFERENCE_CASES), "rejected": {}}


def test_rules_are_switched_off_by_name(filter_rows):
    rows = [with_output("How do you do"), with_output("Fruit, e.g. pears")]
    off = ["--without", "do_you", "--without", "lettered_options"]
    assert len(filter_rows(rule_filter, rows, "--rules", "reference", *off).kept) == 2


def test_an_unknown_rule_is_refused_with_all_names(filter_rows):
    with pytest.raises(UserError, match="'do_you' is none of the rules of 'precise'; they are: truncated, blank"):
        filter_rows(rule_filter, [TASK], "--without", "do_you")


def test_if_nothing_is_left_the_rejected_rows_are_set_aside_and_no_output_is_written(filter_rows, tmp_path):
    with pytest.raises(UserError, match=r"none of the 2 rows .* \(blank_output 2\).*--without RULE"):
        filter_rows(rule_filter, [with_output(""), with_output(" ")])
    assert not (tmp_path / "kept.jsonl").exists()
    assert [row["rejected"]["rule"] for row in read_rows(tmp_path / "rejected.failed.jsonl")] == ["blank_output"] * 2
    assert read_json(tmp_path / "counts.json") == {"in": 2, "kept": 0, "rejected": {"blank_output": 2}}


def test_rows_set_aside_replace_nothing_that_lies_there_already(filter_rows, tmp_path):
    earlier = tmp_path / "rejected.failed.jsonl"
    write_rows(earlier, [TASK])
    before = earlier.read_bytes()
    for name in ("rejected.failed-2.jsonl", "rejected.failed-3.jsonl"):
        with pytest.raises(UserError, match=f"see .*/{name};"):
            filter_rows(rule_filter, [with_output("")])
        assert [row["rejected"]["rule"] for row in read_rows(tmp_path / name)] == ["blank_output"]
    assert earlier.read_bytes() == before


def test_an_empty_input_is_refused(filter_rows):
    with pytest.raises(UserError, match="in.jsonl: there are no rows"):
        filter_rows(rule_filter, [])


@pytest.mark.parametrize("script", ["isheep.rule_filter", "novelty_filter", "isheep.score_filter"])
def test_the_commands_fail_in_one_line_and_leave_nothing(root, tmp_path, script):
    (tmp_path / "in.jsonl").write_text('{"instruction": "Say hello.", "output": "Hello."}\n{"instruction": "Say')
    files = [*("--input", "in.jsonl"), *("--output", "kept.jsonl"), *("--rejected", "rejected.jsonl")]
    command = [sys.executable, "-m", f"scripts.{script}", *files]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: in.jsonl") and done.stderr.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("name", ["d0", "d1", "d3", "d0_quality_only"])
def test_every_published_row_passes_the_reference_rules_and_its_scores(shared_data, filter_rows, name):
    rows = json.loads((shared_data / "isheep" / f"qwen72b_{name}.json").read_text())
    criteria = "quality" if name.endswith("quality_only") else "both"
    assert not filter_rows(rule_filter, rows, "--rules", "reference").rejected
    assert not filter_rows(score_filter, rows, "--criteria", criteria).rejected


RUN_ONS = ("turn_marker", "next_task", "next_question")
PUBLISHED = ("d0", "d0_quality_only", "d1", "d3")


def published(shared_data, name):
    return json.loads((shared_data / "isheep" / f"qwen72b_{name}.json").read_text())


def test_the_precise_rules_reject_few_published_rows(shared_data, filter_rows):
    """Next questions are those of more than 100 characters, which the published pattern missed; nearly all run on."""
    others = select_rules("precise", without=RUN_ONS)
    rows = {name: published(shared_data, name) for name in PUBLISHED}
    rejected = {name: filter_rows(rule_filter, rows[name]).rejected for name in PUBLISHED}
    run_ons = {name: sum(first_failing(row, others) is None for row in rejected[name]) for name in PUBLISHED}
    total = sum(map(len, rows.values()))
    assert [name for name in PUBLISHED if run_ons[name] > 0.01 * len(rows[name])] == []
    assert 0 < sum(run_ons.values()) < 0.005 * total
    assert sum(map(len, rejected.values())) < 0.008 * total


TAILS = {
    "User: What is the capital of Germany?\nAssistant: Berlin.": 0.015,
    "Human: What is the capital of Germany?": 0.015,
    "Instruction: Classify the word.\nInput: apple\nOutput: fruit": 0.05,
    "### Instruction:\nClassify the word.\n\n### Response:\nfruit": 0.05,
    "Q: What is the capital of Germany?\nA: Berlin.": 0.05,
    "**Question:** What is the capital of Germany?\n**Answer:** Berlin.": 0.05,
    "What is the capital of Germany?\n\nBerlin.": 0.05,
    "What is the capital of Germany?\na) Paris\nb) Berlin": 0.02,
}
"""What a model could go on with, and the share of tasks that may be taken to ask for its form."""


@pytest.mark.parametrize("tail", TAILS)
def test_published_rows_that_run_on_are_rejected(shared_data, filter_rows, tail):
    rows = [row for name in PUBLISHED for row in published(shared_data, name)[::8]]
    kept = [row for row in rows if first_failing(row, RULE_SETS["precise"]) is None]
    out = filter_rows(rule_filter, [{**row, "output": f"{row['output']}\n\n{tail}"} for row in kept])
    assert len(out.kept) <= TAILS[tail] * len(kept)
