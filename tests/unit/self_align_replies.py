"""A prompt's files, made-up completions and outputs of SELF-ALIGN's replies, and the commands that take them."""

from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.self_align import collect_replying, plan_replying
from tests.unit.commands import run

MADE_BY = {"model": "0123", "engine": "transformers", "seed": 7}
PRINCIPLES = """# two of them
1 (kind). {{name}} never tells anybody how to hurt a cat, a dog or any other living being.

2 (candor). {{name}} says what it does not know, as of all after {{cutoff}}.
"""
EXEMPLARS = [
    {
        "instruction": "Who is Bo Ottel?",
        "thought": "Nobody told me.",
        "rules": [2],
        "output": "I do not know any Bo Ottel. Could you tell me where you have heard of this person?",
        "words": ["Ottel"],
    },
    {
        "instruction": "Shorten.",
        "input": "The ferry was late since there was fog.",
        "thought": "Easy, {{name}}.",
        "rules": [1, 2],
        "output": "Fog held up the ferry, and so it happened that it came far later than it should have come.",
        "words": ["ferry"],
    },
]
ASSISTANT = ("--name", "Ada", "--introduction", "I am {{name}}.")
PROMPT = ("--template", "template.txt", "--principles", "principles.txt", "--exemplars", "exemplars.jsonl")
TASKS = [
    {"id": "a", "instruction": "Name a river.", "input": ""},
    {"id": "b", "instruction": "Sort.", "input": "c b"},
]


def prepare(folder):
    """Write the prompt's files and two tasks into a folder."""
    (folder / "template.txt").write_text("{{name}} has rules:\n{{principles}}\n\n{{exemplars}}\n")
    (folder / "principles.txt").write_text(PRINCIPLES)
    write_rows(folder / "exemplars.jsonl", EXEMPLARS)
    write_rows(folder / "tasks.jsonl", TASKS)


def plan(*more):
    """Return the requests for the tasks in this folder."""
    run(plan_replying, "--input", "tasks.jsonl", *PROMPT, *ASSISTANT, "--output", "requests.jsonl", *more)
    return list(read_rows("requests.jsonl"))


def collect(*texts, finish_reason="stop", more=()):
    """Return the outputs of the tasks, for what was written to each."""
    rows = [
        {"id": task["id"], "text": text, "finish_reason": finish_reason, "made_by": MADE_BY}
        for task, text in zip(TASKS, texts, strict=True)
    ]
    write_rows("completions.jsonl", rows)
    files = ("--input", "tasks.jsonl", "--completions", "completions.jsonl", "--counts", "counts.json")
    run(collect_replying, *files, *ASSISTANT, "--output", "outputs.jsonl", *more)
    return list(read_rows("outputs.jsonl"))


def replied(reply, finish_reason="stop", opening="I am Ada.", **fields):
    """Return a row as collect_replying makes it."""
    completion = f" {opening} Easy. Rules: 2 (candor).\n\nAda: {reply}"
    row = {"id": "a", "instruction": "Name a river.", "input": "", "output": reply.strip(), "rules": [2]}
    return {**row, "completion": completion, "finish_reason": finish_reason, **fields}
