"""The tiny world: its tasks can be told apart and graded, and what is held out stays out."""

import hashlib
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from scripts.isheep.rules import select_rules
from scripts.lib.models.prompting import base_prompt
from scripts.lib.rows.files import read_json
from scripts.lib.rows.novelty import NoveltyFilter
from scripts.lib.rows.rules import first_failing
from scripts.lib.self_instruct.rules import RULES as TASK_RULES
from scripts.tiny_world import corpus, held_out, oracle, seeds
from scripts.tiny_world import grade as grade_script
from scripts.tiny_world.checker import grade
from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.family import read_task
from scripts.tiny_world.phrasing import find_style
from scripts.tiny_world.replies import rated_reply
from scripts.tiny_world.world import Task, draw_task, is_held_out
from tests.unit.commands import run
from tests.unit.row_files import list_rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    rng = random.Random(7)
    return [draw_task(rng) for _ in range(3000)]


def test_twenty_families_of_five_kinds() -> None:
    assert len(FAMILIES) >= 20
    assert len({family.kind for family in FAMILIES}) >= 5
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_every_task_is_read_back_as_what_it_is(tasks: list[Task]) -> None:
    for task in tasks:
        reading = read_task(task.instruction, task.input)
        assert reading is not None, task
        assert (reading.family, reading.slots) == (task.family, task.slots), task
        assert find_style(task.instruction) is task.style, task


def test_a_right_answer_is_right_and_one_that_runs_on_is_right_in_its_first_line_only(tasks: list[Task]) -> None:
    for task in tasks[:300]:
        right = grade(task.instruction, task.input, f" {task.answers[0]}\n")
        running_on = grade(task.instruction, task.input, f"{task.answers[0]}\nAnd more.")
        wrong = grade(task.instruction, task.input, "certainly not")
        assert right and right.strict and right.first_line
        assert running_on and not running_on.strict and running_on.first_line
        assert wrong and not wrong.strict and not wrong.first_line


def test_the_checker_knows_only_this_world() -> None:
    assert grade("Write a poem about the sea.", "", "The sea is wide.") is None
    assert grade("Name the capital of Atlantis.", "", "Poseidonis") is None


def test_rated_replies_have_the_scores_that_the_checker_would_give(tasks: list[Task]) -> None:
    rng = random.Random(3)
    for task in tasks[:1000]:
        reply = rated_reply(task, rng)
        found = grade(task.instruction, task.input, reply.text)
        assert found and found.strict == (reply.quality == reply.following == 10), (task, reply)


def test_tasks_pass_the_rules_and_a_thousand_are_new(tasks: list[Task]) -> None:
    novelty = NoveltyFilter(0.7)
    new = 0
    for number, task in enumerate(tasks):
        row = {"instruction": task.instruction, "input": task.input, "output": "fine", "finish_reason": "stop"}
        assert first_failing({"instruction": task.instruction, "input": task.input}, TASK_RULES) is None, task
        assert first_failing(row, select_rules("precise")) is None, task
        assert first_failing(row, select_rules("reference")) is None, task
        new += novelty.admit(str(number), task.instruction) is None
    assert new >= 1000


def test_held_out_tasks_are_balanced_and_nowhere_else(tmp_path: Path) -> None:
    run(held_out, "--output", tmp_path / "held_out.jsonl")
    run(corpus, "--output", tmp_path / "corpus.jsonl", "--documents", 500, "--prompts", ROOT / "config/prompts/tiny")
    tasks = list_rows(tmp_path / "held_out.jsonl")
    text = (tmp_path / "corpus.jsonl").read_text(encoding="utf-8")
    assert len(tasks) >= 500
    counts = Counter(task["family"] for task in tasks)
    assert len(counts) == len(FAMILIES) and max(counts.values()) - min(counts.values()) <= 1
    for task in tasks:
        assert is_held_out(task["instruction"], task["input"])
        assert json.dumps(base_prompt(task["instruction"], task["input"]).text)[1:-1] not in text
    seed_tasks = list_rows(ROOT / "config/seeds/tiny.jsonl")
    assert not any(is_held_out(row["instruction"], row["input"]) for row in seed_tasks)


def test_the_committed_seeds_are_what_their_command_makes(tmp_path: Path) -> None:
    run(seeds, "--output", tmp_path / "tiny.jsonl")
    assert (tmp_path / "tiny.jsonl").read_bytes() == (ROOT / "config/seeds/tiny.jsonl").read_bytes()


def test_the_same_seed_gives_the_same_corpus(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(corpus, "--output", tmp_path / name, "--documents", 300, "--prompts", ROOT / "config/prompts/tiny")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_committed_weights_come_from_the_corpus_that_the_recipe_makes(tmp_path: Path) -> None:
    made_from = read_json(ROOT / "config/models/tiny/manifest.json")["made_from"]
    flags = ("--mix", "closing", "--documents", made_from["documents"], "--seed", 2)
    run(corpus, *flags, "--output", tmp_path / "corpus.jsonl", "--prompts", ROOT / "config/prompts/tiny")
    assert hashlib.sha256((tmp_path / "corpus.jsonl").read_bytes()).hexdigest() == made_from["corpus_sha256"]
    assert made_from["start_from"]["documents"] == 146000


def test_grades_and_the_perfect_judge(tmp_path: Path) -> None:
    run(held_out, "--output", tmp_path / "tasks.jsonl", "--count", 50)
    tasks = list_rows(tmp_path / "tasks.jsonl")
    texts = [task["output"] + ("\nmore" if number % 2 else "") for number, task in enumerate(tasks)]
    with (tmp_path / "done.jsonl").open("w", encoding="utf-8") as stream:
        for task, text in zip(tasks, texts, strict=True):
            stream.write(json.dumps({"id": task["id"], "text": text, "finish_reason": "stop"}) + "\n")
    flags = ("--tasks", tmp_path / "tasks.jsonl", "--completions", tmp_path / "done.jsonl")
    run(grade_script, *flags, "--output", tmp_path / "grades.json")
    grades = json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))
    assert grades["strict"]["correct"] == 25 and grades["first_line"]["accuracy"] == 1.0
    low, high = grades["strict"]["interval"]
    assert low < 0.5 < high
    run(oracle, "--input", tmp_path / "tasks.jsonl", "--output", tmp_path / "judged.jsonl")
    assert all(row["scores"] == {"quality": 10.0, "following": 10.0} for row in list_rows(tmp_path / "judged.jsonl"))


def test_rows_of_a_model_are_graded_by_their_own_outputs(tmp_path: Path) -> None:
    run(held_out, "--output", tmp_path / "rows.jsonl", "--count", 3)
    rows = list_rows(tmp_path / "rows.jsonl")
    rows[1]["output"] += "\nmore"
    rows[2]["instruction"] = "Write a poem about the sea."
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run(grade_script, "--rows", tmp_path / "rows.jsonl", "--output", tmp_path / "grades.json")
    grades = json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))
    assert (grades["strict"]["correct"], grades["first_line"]["correct"], grades["unknown"]) == (1, 2, 1)


def test_the_committed_model_loads_with_its_own_tokenizer() -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(ROOT / "config/models/tiny")
    assert all(len(tokenizer.encode(str(score), add_special_tokens=False)) == 1 for score in range(1, 11))
    assert tokenizer.pad_token != tokenizer.eos_token
    assert tokenizer.apply_chat_template([{"role": "user", "content": "Hello"}], tokenize=False).startswith(
        "<|im_start|>"
    )
