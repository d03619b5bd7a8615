"""Small tasks of lm-eval made of the tiny model's seed tasks, and copies of data sets in the form that the hub has."""

import json
from collections.abc import Iterable
from pathlib import Path

import yaml

from scripts.lib.rows.jsonl import Row, read_rows
from tests.conftest import ROOT

SHOWN = 5
"""Documents that are examples; the others are asked about."""

ASKED = 8


def documents() -> list[Row]:
    """Questions that the tiny model understands, each with four choices, one of them right; one is very long."""
    rows = list(read_rows(ROOT / "config/seeds/tiny.jsonl"))[: SHOWN + ASKED]
    answers = [row["output"] for row in rows]
    found = [
        {"question": row["instruction"], "choices": (answers + answers)[place : place + 4], "gold": 0, "answer": own}
        for place, (row, own) in enumerate(zip(rows, answers, strict=True))
    ]
    found[-1]["question"] = "word " * 1100 + found[-1]["question"]
    return found


def write_jsonl(file: Path, rows: Iterable[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def write_task(folder: Path, name: str, **keys: object) -> str:
    """Write a task file about the documents; return its path."""
    write_jsonl(folder / "shown.jsonl", documents()[:SHOWN])
    write_jsonl(folder / "asked.jsonl", documents()[SHOWN:])
    files = {"train": str(folder / "shown.jsonl"), "test": str(folder / "asked.jsonl")}
    task = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": files},
        "training_split": "train",
        "test_split": "test",
        "fewshot_split": "train",
        "doc_to_text": "{{question}}\n",
        **keys,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(task))
    return str(folder / f"{name}.yaml")


def metric(name: str, **more: object) -> Row:
    return {"metric": name, "aggregation": "mean", "higher_is_better": True, **more}


def choices_task(folder: Path, **keys: object) -> str:
    return write_task(
        folder,
        "choices",
        output_type="multiple_choice",
        doc_to_choice="choices",
        doc_to_target="gold",
        metric_list=[metric("acc"), metric("acc_norm")],
        **keys,
    )


def text_task(folder: Path, **keys: object) -> str:
    generation = {"until": ["\n", "."], "max_gen_toks": 24, "do_sample": False}
    return write_task(
        folder,
        "text",
        output_type="generate_until",
        doc_to_target="answer",
        target_delimiter="",
        generation_kwargs=generation,
        metric_list=[metric("exact_match", ignore_case=True)],
        **keys,
    )


HUMANEVAL = [
    {
        "task_id": "HumanEval/0",
        "prompt": 'import math\n\n\ndef area(radius: float) -> float:\n    """Return the area of a circle."""\n',
        "canonical_solution": "    return math.pi * radius**2\n",
        "test": "def check(candidate):\n    assert abs(candidate(1) - 3.14159) < 1e-4\n    assert candidate(0) == 0\n",
        "entry_point": "area",
    },
    {
        "task_id": "HumanEval/1",
        "prompt": 'def double(text: str) -> str:\n    """Return a text twice."""\n',
        "canonical_solution": "    return text + text\n",
        "test": "def check(candidate):\n    assert candidate('ab') == 'abab'\n",
        "entry_point": "double",
    },
]

MBPP = [
    {
        "task_id": number,
        "text": f"Write a function that adds {number}.",
        "code": f"def add(x):\n    return x + {number}",
        "test_list": [f"assert add({each}) == {each + number}" for each in range(3)],
    }
    for number in (11, 12)
]

SQUAD = [
    {
        "id": "a",
        "title": "Tea",
        "context": "Tea is drunk hot.",
        "question": "How is tea drunk?",
        "answers": {"text": ["hot"], "answer_start": [13]},
    },
    {
        "id": "b",
        "title": "Tea",
        "context": "Tea is drunk hot.",
        "question": "Who invented tea?",
        "answers": {"text": [], "answer_start": []},
    },
]


IFEVAL = {
    "key": 1,
    "prompt": "Write about tea in at most two sentences.",
    "instruction_id_list": ["length_constraints:number_sentences"],
    "kwargs": [{"num_sentences": 3, "relation": "less than"}],
}


def write_copies(folder: Path) -> Path:
    """Write data sets into folders of their names, as someone without a network would copy them; return the folder."""
    write_jsonl(folder / "openai/openai_humaneval/test.jsonl", HUMANEVAL)
    write_jsonl(folder / "google-research-datasets/mbpp/full/test.jsonl", MBPP)
    card = {"configs": [{"config_name": "full", "data_files": [{"split": "test", "path": "full/test.jsonl"}]}]}
    (folder / "google-research-datasets/mbpp/README.md").write_text(f"---\n{yaml.safe_dump(card)}---\n")
    write_jsonl(folder / "google/IFEval/train.jsonl", [IFEVAL])
    for split in ("train", "validation"):
        write_jsonl(folder / f"lighteval/squad_v2/{split}.jsonl", SQUAD)
    return folder
