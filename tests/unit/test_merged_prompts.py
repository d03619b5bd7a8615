"""Written instructions and questions as prompts, through the command line: equal ones, shares, order."""

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.self_align import merge_prompts
from tests.unit.commands import run
from tests.unit.rejected_rows import others_of, verdict_of


def rows(prefix, texts, task_input=""):
    return [{"id": f"{prefix}-{n:03d}", "instruction": text, "input": task_input} for n, text in enumerate(texts)]


@pytest.fixture
def merge(tmp_path):
    """A function that merges instructions and questions; it returns prompts, and rejected rows by their ids."""

    def merged(instructions, questions, *more):
        write_rows(tmp_path / "i.jsonl", instructions)
        write_rows(tmp_path / "q.jsonl", questions)
        inputs = ("--instructions", tmp_path / "i.jsonl", "--questions", tmp_path / "q.jsonl")
        outputs = ("--output", tmp_path / "out.jsonl", "--rejected", tmp_path / "fallen.jsonl")
        run(merge_prompts, *inputs, *outputs, "--counts", tmp_path / "counts.json", *more)
        counts, kept = read_json(tmp_path / "counts.json"), list(read_rows(tmp_path / "out.jsonl"))
        rejected = {row["id"]: row for row in read_rows(tmp_path / "fallen.jsonl")}
        assert counts["in"] == len(instructions) + len(questions) == len(kept) + len(rejected)
        return kept, rejected

    return merged


MANY = (rows("i", [f"Do task {n}." for n in range(60)]), rows("q", [f"Ask {n}?" for n in range(30)]))


def test_rows_keep_what_they_hold_and_say_where_they_come_from(merge):
    instructions = [{**row, "made_by": {"instruction": {"model": "m"}}} for row in rows("i", ["Do this."])]
    kept, rejected = merge(instructions, [{**row, "topic": "Sand"} for row in rows("q", ["Why?"])])
    by_id = {row["id"]: row for row in kept}
    assert by_id["i-000"] == {**instructions[0], "origin": "self_instruct"}
    assert by_id["q-000"]["origin"] == "topic_guided" and by_id["q-000"]["topic"] == "Sand"
    assert not rejected


def test_equal_texts_are_kept_once_whatever_their_case_spaces_and_punctuation(merge):
    texts = [
        "Name a river!",
        "name  a (river)",
        "Name two rivers.",
        "???",
        "!!!",
        "写一首诗。",
        "写一个故事。",
        "写一首诗",
    ]
    kept, rejected = merge(rows("i", texts) + rows("j", ["Name a river!"], "in Asia"), rows("q", ["NAME A RIVER"]))
    assert {verdict_of(row)["rule"] for row in rejected.values()} == {"repeated"}
    assert {id_: verdict_of(row)["of"] for id_, row in rejected.items()} == {
        "i-001": "i-000",
        "i-007": "i-005",
        "q-000": "i-000",
    }
    assert len(kept) == 7


def test_as_published_equal_texts_of_one_shard_survive_and_questions_are_not_compared(merge):
    instructions = rows("i", ["A b.", "a b", "C d.", "C d!", "a, B", "E"])
    kept, rejected = merge(instructions, rows("q", ["E"]), "--deduplicate", "across_shards", "--shard-rows", 3)
    assert sorted(rejected) == ["i-003", "i-004"]
    assert verdict_of(rejected["i-004"])["of"] == "i-000"
    assert len(kept) == 5


@pytest.mark.parametrize(
    ("share", "instructions", "questions"), [(0.5, 30, 30), (0.25, 60, 20), (0, 60, 0), (1, 0, 30), ("null", 60, 30)]
)
def test_the_share_of_questions_is_met_by_leaving_out_rows_of_the_kind_that_is_too_many(
    merge, share, instructions, questions
):
    kept, rejected = merge(*MANY, "--topic-guided-share", share)
    origins = [row["origin"] for row in kept]
    assert (origins.count("self_instruct"), origins.count("topic_guided")) == (instructions, questions)
    assert {verdict_of(row)["rule"] for row in rejected.values()} <= {"beyond_share"}


def test_a_sample_and_the_order_are_drawn_by_seed_and_ids_alone(merge):
    kept, rejected = merge(*MANY, "--most", 20)
    assert len(kept) == 20 and {verdict_of(row)["rule"] for row in rejected.values()} == {"beyond_most"}
    assert kept == merge(MANY[0][::-1], MANY[1][::-1], "--most", 20)[0]
    other = merge(*MANY, "--most", 20, "--seed", 2)[0]
    assert {row["id"] for row in kept} != {row["id"] for row in other}
    everything = [row["id"] for row in merge(*MANY)[0]]
    assert everything != sorted(everything)


def test_held_out_tasks_are_left_out(merge, tmp_path):
    write_rows(tmp_path / "held_out.jsonl", rows("h", ["do  TASK 7."]))
    kept, rejected = merge(*MANY, "--held-out", tmp_path / "held_out.jsonl")
    assert [verdict_of(row)["rule"] for row in rejected.values()] == ["held_out"]
    assert others_of(rejected["i-007"])["origin"] == "self_instruct"
    assert len(kept) == 89


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        ([], "i.jsonl, .*q.jsonl: there are no rows in these files"),
        (MANY[0], "beyond_share 60.*set prompts.topic_guided_share to null"),
    ],
)
def test_no_prompt_at_all_is_an_error_that_says_why(merge, tmp_path, instructions, message):
    with pytest.raises(UserError, match=message):
        merge(instructions, [], "--topic-guided-share", 0.5)
    assert not (tmp_path / "out.jsonl").exists()
