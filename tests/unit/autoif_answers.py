"""Made-up answers of AutoIF and the functions that verify them: made once for the tests of what reads them."""

from scripts.autoif import verify_responses
from scripts.lib.rows.jsonl import write_rows

SHORT = "def evaluate(response):\n    return len(response.split()) <= 3"
RAISES = "def evaluate(response):\n    return int(response) > 3"
LOWER = "def evaluate(response):\n    return response == response.lower()"
FUNCTIONS = [
    {"id": "c1/1", "instruction_id": "c1", "instruction": "use at most three words", "function": SHORT, "cases": []},
    {"id": "c1/2", "instruction_id": "c1", "instruction": "use at most three words", "function": RAISES, "cases": []},
    {"id": "c2/1", "instruction_id": "c2", "instruction": "Write no capitals.", "function": LOWER, "cases": []},
]


PROMPT = {
    "id": "c1/q1",
    "instruction": "Where is Rome? Use at most three words.",
    "input": "",
    "query": "Where is Rome?",
    "constraint": "use at most three words",
    "constraint_id": "c1",
}


def answers(prompt_id, constraint_id, *texts):
    return [
        PROMPT | {"id": f"{prompt_id}/{number}", "prompt_id": prompt_id, "constraint_id": constraint_id, "output": text}
        for number, text in enumerate(texts, start=1)
    ]


def verify(filter_rows, rows, *more, functions=FUNCTIONS):
    write_rows("functions.jsonl", functions)
    return filter_rows(verify_responses, rows, "--functions", "functions.jsonl", "--workers", 1, *more)


OUTPUTS = [
    *answers("c1/q1", "c1", "in Italy", "5", "it is in the middle of Italy", "2"),
    *answers("c2/q1", "c2", "italy", "Italy"),
    *answers("c1/q2", "c1", "over there"),
]
