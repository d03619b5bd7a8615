"""The tiny world: constraints of form are read back, their functions checked, replies graded, and pages true."""

import hashlib
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.sandbox.running import Sandbox
from scripts.tiny_world import corpus
from scripts.tiny_world.constraints import constraint_seeds, functions, held_out, query_seeds
from scripts.tiny_world.constraints import grade as grade_script
from scripts.tiny_world.constraints.functions import are_right
from scripts.tiny_world.constraints.grade import grade
from scripts.tiny_world.constraints.kind import Constraint
from scripts.tiny_world.constraints.kinds import KINDS, SEEN, UNSEEN
from scripts.tiny_world.constraints.queries import answers_query
from scripts.tiny_world.constraints.reading import read_constraint, split_task
from scripts.tiny_world.constraints.sources import right_functions
from tests.unit.commands import run
from tests.unit.row_files import file_of, list_rows

ROOT = Path(__file__).parents[2]
PROMPTS = ROOT / "config/prompts/tiny"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The texts of pages by their kind."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    run(corpus, "--mix", "constrained", "--documents", 1500, "--prompts", PROMPTS, "--output", path)
    found: dict[str, list[str]] = {}
    for page in list_rows(path):
        text = "".join(text for text, _ in page["parts"])
        found.setdefault(page["id"].rsplit("-", 1)[0], []).append(text.removesuffix("<|endoftext|>"))
    return found


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = tmp_path_factory.mktemp("held_out") / "held_out.jsonl"
    run(held_out, "--output", path)
    return list_rows(path)


def every_constraint() -> list[Constraint]:
    return [Constraint(kind, value) for kind in KINDS for value in kind.drawn]


def test_a_constraint_is_read_back_from_each_of_its_phrasings() -> None:
    rng = random.Random(5)
    for constraint in every_constraint() * 30:
        phrase = constraint.phrase(rng)
        assert read_constraint(phrase) == constraint, phrase
        assert read_constraint(f" {phrase.removesuffix('.')}\n") == constraint
    assert len({constraint.kind.name for constraint in every_constraint()}) == len(SEEN) + len(UNSEEN)


@pytest.mark.parametrize(
    ("constraint", "follows", "does_not"),
    [
        ("Use at most two words.", ["Lima", "It is\n"], ["It is Lima", " "]),
        ("Write three words or more.", ["It is Lima", "a b c d"], ["is Lima"]),
        ("Answer in exactly 2 words", ["South America"], ["South", "In South America"]),
        ("Answer in upper case.", ["LIMA", "NO 7!"], ["Lima"]),
        ("Do not use any capitals", ["lima"], ["Lima", "LIMA"]),
        ("Begin with the word Sure.", ["Sure Lima", "Sure, Lima"], ["sure Lima", "Surely Lima", "Lima Sure"]),
        ("Let plum be the last word.", ["Lima plum", "Lima plum."], ["plum Lima", "Lima Plum"]),
        ("End with a full stop.", ["Lima.", "Lima. "], ["Lima", "Lima!"]),
        ("Wrap the answer in quotation marks.", ['"Lima"'], ["Lima", '"Lima', '""']),
        ("Begin with a capital letter.", ["Lima"], ["lima", "7"]),
        ("Say it twice.", ["Lima Lima", "South America South America"], ["Lima", "Lima lima", "a b c"]),
        ("Begin with a dash.", ["- Lima", "-Lima"], ["Lima -"]),
        ("Use the word just somewhere.", ["It is just Lima"], ["It is adjusted"]),
    ],
)
def test_what_follows_a_constraint(constraint: str, follows: list[str], does_not: list[str]) -> None:
    read = read_constraint(constraint)
    assert read
    for text in follows:
        assert read.holds(text), text
    for text in does_not:
        assert not read.holds(text), text


def test_what_is_no_constraint_of_this_world() -> None:
    for text in (
        "Write a poem.",
        "Use at most many words.",
        "Begin with the word",
        "Begin with the words So and so.",
        "",
    ):
        assert read_constraint(text) is None
    assert split_task("Use at most two words.") is None and split_task("Name the capital of Peru.") is None


def test_whether_a_reply_answers_its_query_does_not_depend_on_its_form() -> None:
    short, first = read_constraint("Use at most two words."), read_constraint("Begin with the word Plum.")
    assert short and first
    for text in ("Lima", "LIMA!", '"lima"', "Lima Lima", "I think the answer is Lima", "Look, Lima always."):
        assert answers_query("Name the capital of Peru.", short, text), text
    for text in ("Rome", "Lima or Rome", "Limas", "", "Plum Lima"):
        assert answers_query("Name the capital of Peru.", short, text) is False, text
    assert answers_query("Name the capital of Peru.", first, "Plum Lima")
    assert answers_query("Write a poem.", short, "Lima") is None


def test_every_right_function_is_right_and_no_other_is() -> None:
    constraints = [constraint for constraint in every_constraint() if constraint.kind.seen]
    right = [(constraint, source) for constraint in constraints for source in right_functions(constraint)]
    wrong = [
        (constraint, right_functions(near)[0])
        for constraint in constraints
        for near in constraint.kind.near(constraint.value)
    ]
    with Sandbox() as sandbox:
        assert [pair for pair, is_right in zip(right, are_right(right, sandbox), strict=True) if not is_right] == []
        assert [pair for pair, is_right in zip(wrong, are_right(wrong, sandbox), strict=True) if is_right] == []


def test_right_functions_are_told_from_wrong_ones_and_from_unknown_constraints(tmp_path: Path) -> None:
    said = [
        ("Use at most two words.", "def evaluate(response):\n    return len(response.split()) <= 2"),
        ("Use at most two words.", "def evaluate(response):\n    return len(response.split()) < 2"),
        ("Use at most two words.", "def evaluate(response):\n    return 1"),
        ("End with a full stop.", "def evaluate(response) return"),
        ("Write a poem.", "def evaluate(response):\n    return True"),
    ]
    said.append(said[0])  # an equal one counts once
    rows = [{"id": f"f{n}", "instruction": text, "function": source} for n, (text, source) in enumerate(said)]
    run(functions, "--rows", file_of(tmp_path / "rows.jsonl", rows), "--output", tmp_path / "grades.json")
    found = read_json(tmp_path / "grades.json")
    assert (found["strict"]["correct"], found["strict"]["total"], found["unknown"]) == (1, 4, 1)


def test_held_out_tasks_are_balanced_and_none_is_on_a_page_or_among_seeds(
    tasks: list[dict[str, Any]], pages: dict[str, list[str]]
) -> None:
    counts = Counter(task["family"] for task in tasks)
    assert set(counts) == {kind.name for kind in KINDS}
    assert {counts[kind.name] for kind in SEEN} == {25} and {counts[kind.name] for kind in UNSEEN} == {50}
    assert len({task["instruction"] for task in tasks}) == len(tasks)
    seeds = {row["instruction"] for row in list_rows(ROOT / "config/seeds/tiny_constraints.jsonl")}
    queries = {row["instruction"] for row in list_rows(ROOT / "config/seeds/tiny_queries.jsonl")}
    text = "\n".join(page for kind in pages.values() for page in kind)
    for task in tasks:
        read = split_task(task["instruction"])
        assert read and read[1].kind.name == task["family"] and grade(task["instruction"], "", task["output"]).strict  # type: ignore[union-attr]
        assert read[0] not in text and read[0] not in queries
        assert task["instruction"].removeprefix(f"{read[0]} ") not in seeds


def test_the_committed_seeds_are_what_their_commands_make(tmp_path: Path) -> None:
    for script, name in ((constraint_seeds, "tiny_constraints.jsonl"), (query_seeds, "tiny_queries.jsonl")):
        run(script, "--output", tmp_path / name)
        assert (tmp_path / name).read_bytes() == (ROOT / "config/seeds" / name).read_bytes()


def test_unseen_kinds_are_on_pages_with_replies_alone(pages: dict[str, list[str]]) -> None:
    for text in pages["constraint_list"]:
        heading, _, rest = text.partition("\nMore rules:\n")
        bullets = [line for line in f"{heading}\n{rest}".splitlines() if line.startswith("- ")]
        assert len(bullets) >= 10 and all(read_constraint(line[2:]).kind.seen for line in bullets)  # type: ignore[union-attr]
    for text in pages["verifier"]:
        assert read_constraint(text.partition("\n")[0].removeprefix("Rule: ")).kind.seen  # type: ignore[union-attr]
    replied = [split_task(text.partition("<|im_end|>")[0].partition("user\n")[2]) for text in pages["constrained_chat"]]
    assert 20 < sum(not read[1].kind.seen for read in replied if read) < 120


def test_a_share_of_written_functions_is_wrong_and_some_are_no_json(pages: dict[str, list[str]]) -> None:
    written = []
    for text in pages["verifier"]:
        rule, _, answer = text.split("\n", 2)
        try:
            written.append((read_constraint(rule.removeprefix("Rule: ")), json.loads(answer)))
        except ValueError:
            written.append((None, {}))
    read = [(constraint, each) for constraint, each in written if constraint]
    with Sandbox() as sandbox:
        right = sum(are_right([(constraint, each["func"]) for constraint, each in read], sandbox))
    cases = [constraint.holds(case["input"]) == case["output"] for constraint, each in read for case in each["cases"]]
    assert 0.6 < right / len(read) < 0.76
    assert 0.8 < sum(cases) / len(cases) < 0.95
    assert 0.01 < 1 - len(read) / len(written) < 0.1


def test_replies_in_chats_follow_about_half_of_their_constraints(pages: dict[str, list[str]]) -> None:
    chats = [text.split("<|im_end|>")[:2] for text in pages["constrained_chat"]]
    found = [grade(asked.partition("user\n")[2], "", reply.partition("assistant\n")[2]) for asked, reply in chats]
    assert None not in found
    assert 0.35 < sum(each.strict for each in found if each) / len(found) < 0.65


def test_the_measures_of_made_up_replies(tmp_path: Path) -> None:
    asked = [
        ("Name the capital of Peru. Answer in upper case.", "LIMA", "capitals"),
        ("Name the capital of Peru. Answer in upper case.", "Lima", "capitals"),
        ("Name the capital of Peru. Use at most two words.", "Rome\nNot sure of it.", "at_most"),
        ("Name the capital of Peru. Say it twice.", "Lima Lima", "repeated"),
    ]
    tasks = [
        {"id": f"t{n}", "instruction": text, "input": "", "family": kind} for n, (text, _, kind) in enumerate(asked)
    ]
    completions = [{"id": f"t{n}", "text": reply} for n, (_, reply, _) in enumerate(asked)]
    files = file_of(tmp_path / "tasks", tasks), file_of(tmp_path / "completions", completions)
    run(grade_script, "--tasks", files[0], "--completions", files[1], "--output", tmp_path / "grades.json")
    found = read_json(tmp_path / "grades.json")
    values = {name: (measure["value"], measure["total"]) for name, measure in found["measures"].items()}
    assert values == {
        "followed": (0.5, 4),
        "followed_seen": (0.3333, 3),
        "followed_unseen": (1.0, 1),
        "right": (0.75, 4),
        "both": (0.5, 4),
        "words": (2.25, 4),
    }
    assert found["strictly_right"] == ["t0", "t3"] and found["first_line"]["correct"] == 3
    rows = [{**task, "output": row["text"]} for task, row in zip(tasks, completions, strict=True)]
    rows.append({"id": "other", "instruction": "Write a poem about the sea.", "input": "", "output": "The sea."})
    run(grade_script, "--rows", file_of(tmp_path / "rows", rows), "--output", tmp_path / "rows.json")
    of_rows = read_json(tmp_path / "rows.json")
    assert of_rows["unknown"] == 1 and of_rows["measures"]["followed"] == found["measures"]["followed"]


def test_the_committed_weights_come_from_the_corpus_that_the_recipe_makes(tmp_path: Path) -> None:
    made_from = read_json(ROOT / "config/models/tiny_autoif/manifest.json")["made_from"]
    flags = ("--mix", "verifying", "--documents", made_from["documents"], "--seed", 5, "--prompts", PROMPTS)
    run(corpus, *flags, "--output", tmp_path / "corpus.jsonl")
    made = hashlib.sha256((tmp_path / "corpus.jsonl").read_bytes()).hexdigest()
    assert made == made_from["corpus_sha256"]
    start = read_json(ROOT / "config/models/tiny/manifest.json")
    assert made_from["start_from"]["start_from"] == {"fingerprint": start["fingerprint"], **start["made_from"]}
