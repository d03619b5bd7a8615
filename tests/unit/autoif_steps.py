"""Made-up completions, and how the commands of AutoIF are run in tests."""

import json

from scripts.lib.rows.jsonl import write_rows

MADE_BY = {"model": "0123", "engine": "transformers", "seed": 7}


def written(file, texts, finish_reason="stop"):
    """Write texts, by the ids of requests, as completions; return the file."""
    rows = [
        {"id": key, "text": text, "finish_reason": finish_reason, "made_by": MADE_BY} for key, text in texts.items()
    ]
    write_rows(file, rows)
    return file


def answer(function, *cases):
    """A model's answer with a function and with cases: pairs of input and output."""
    listed = [{"input": given, "output": output} for given, output in cases]
    return f"```json\n{json.dumps({'func': function, 'cases': listed}, indent=2)}\n```"


def least_words(number):
    """A function that wants at least so many words."""
    return f"def evaluate(response):\n    return len(response.split()) >= {number}"


def function_row(instruction, number, function, *cases, **more):
    """A row of a function as verifiers.jsonl has it."""
    return {
        "id": f"{instruction}/{number}",
        "instruction_id": instruction,
        "instruction": f"Instruction {instruction}.",
        "function": function,
        "cases": [{"input": given, "output": output} for given, output in cases],
        **more,
    }
