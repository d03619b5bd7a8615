"""Topics of types of questions, through the command lines: prompts, what a list gives, rounds, and balance."""

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import write_rows
from tests.unit.rejected_rows import others_of, verdict_of
from tests.unit.topic_guided import SEEDS, collected_topics, finished_topics, plan_of_topics, prepare


@pytest.fixture
def folder(tmp_path):
    prepare(tmp_path)
    return tmp_path


def topics(question_type, names, **more):
    return [
        {"id": f"{question_type}-{n}", "question_type": question_type, "topic": name, **more}
        for n, name in enumerate(names)
    ]


def test_each_topic_of_a_type_is_shown_in_a_prompt_that_goes_on_after_it(folder):
    requests = plan_of_topics(folder)
    assert [request["prompt"] for request in requests] == [
        "10 topics for the sea:\n1. Tides\n2.",
        "10 topics for the sea:\n1. Reefs\n2.",
        "10 topics for the law:\n1. Tenancy\n2.",
        "10 topics for the law:\n1. Fines\n2.",
        "10 topics for the future:\n1. Rain\n2.",
    ]
    assert len({request["seed"] for request in requests}) == 5
    assert requests == plan_of_topics(folder)
    assert requests != plan_of_topics(folder, "--seed", 2)


def test_balance_cuts_each_type_to_the_fewest_topics_that_one_has(folder):
    requests = plan_of_topics(folder, "--balance")
    assert [request["prompt"].split("1. ")[1] for request in requests] == ["Tides\n2.", "Tenancy\n2.", "Rain\n2."]


@pytest.mark.parametrize(("known", "examples", "shown"), [(9, 5, 1), (10, 5, 5), (10, 20, 10)])
def test_a_type_with_few_topics_shows_one_of_them_and_with_more_several(folder, known, examples, shown):
    names = [f"Topic {letter}" for letter in "abcdefghijklm"[:known]]
    kinds = dict.fromkeys(seed["question_type"] for seed in SEEDS)
    write_rows(folder / "known.jsonl", [row for kind in kinds for row in topics(kind, names)])
    requests = plan_of_topics(folder, "--known-before", folder / "known.jsonl", "--examples", examples)
    assert len(requests) == known * len(kinds)
    listed = [request["prompt"].splitlines()[1:] for request in requests]
    assert all(lines[-1] == f"{shown + 1}." for lines in listed)
    assert all(len({line.split(". ")[1] for line in lines[:-1]}) == shown for lines in listed)
    assert {name for name in names if any(name in line for lines in listed for line in lines)} == set(names)


LIST = """ Coral
3. Deep sea vents
4. Deep sea vents again
5.  tide pools
6. Sharks!
7.
8. CORAL
9. Äsche
Sea ice
10. reefs
11. Sandy bea"""


def test_every_line_of_a_list_is_a_topic_or_a_rejected_row_with_its_rule(folder):
    kept, rejected = collected_topics(folder, [LIST, *[""] * 4], finish_reason="length")
    assert [row["topic"] for row in kept] == [*(seed["topic"] for seed in SEEDS), "Coral", "Deep sea vents", "Sea ice"]
    assert [row["round"] for row in kept] == [0] * 5 + [1] * 3
    assert [row["id"] for row in kept[5:]] == [f"topics-r1-001-000001-{line:02d}" for line in (1, 2, 9)]
    assert kept[5]["question_type"] == "the sea"
    assert kept[5]["made_by"]["topic"]["model"] == "0123"
    assert {others_of(row)["topic"]: verdict_of(row)["rule"] for row in rejected} == {
        "Deep sea vents again": "too_many_words",
        "tide pools": "no_capital",
        "Sharks!": "ends_with_punctuation",
        "": "blank",
        "CORAL": "known_topic",
        "Äsche": "no_capital",
        "reefs": "no_capital",
        "Sandy bea": "last_topic",
    }


@pytest.mark.parametrize(
    ("finish_reason", "keep_last", "kept"),
    [("stop", "if_complete", 2), ("length", "if_complete", 1), ("length", "always", 2)],
)
def test_a_last_topic_that_may_be_cut_off_is_not_used_unless_as_published(folder, finish_reason, keep_last, kept):
    texts = [" Coral\n3. Sandy bea\n", *[""] * 4]
    found, _ = collected_topics(folder, texts, "--keep-last", keep_last, finish_reason=finish_reason)
    assert len(found) - len(SEEDS) == kept


def test_lines_beyond_the_twentieth_are_not_read(folder):
    names = [f"{first}{second}" for first in "ABCDE" for second in "abcde"]
    kept, rejected = collected_topics(folder, ["\n".join(names), *[""] * 4])
    assert len(kept) - len(SEEDS) == 20
    assert [verdict_of(row)["rule"] for row in rejected] == ["beyond_lines"] * 5


def test_rounds_carry_topics_and_rejected_lines_over_whatever_the_shards(folder):
    collected_topics(folder, [" Coral\n3. wrong", *[""] * 3, " Storms"])

    def texts(requests):
        assert len(requests) == 7
        return [f" Coral\n3. New {letter}\n4. Shared" for letter in "abcdefg"]

    once = collected_topics(folder, texts, round_number=2)
    assert once == collected_topics(folder, texts, round_number=2, shards=3)
    kept, rejected = once
    assert [row["round"] for row in kept if row["topic"] in ("Coral", "Storms", "New a", "Shared")] == [1, 1] + [2] * 6
    assert [row["topic"] for row in kept].count("Coral") == 3, "a topic is known by its type"
    assert {verdict_of(row)["rule"] for row in rejected} == {"no_capital", "known_topic"}


def test_the_end_cuts_types_to_the_same_size_and_shuffles_by_the_seed(folder):
    collected_topics(folder, [" Coral\n3. Whales", "", " Rent\n3. x", "", " Snow"])
    kept, rejected = finished_topics(folder, "--balance")
    assert sorted((row["question_type"], row["topic"]) for row in kept) == [
        *(("the future", topic) for topic in ("Rain", "Snow")),
        *(("the law", topic) for topic in ("Fines", "Tenancy")),
        *(("the sea", topic) for topic in ("Reefs", "Tides")),
    ]
    assert {others_of(row)["topic"]: verdict_of(row)["rule"] for row in rejected} == {
        **dict.fromkeys(("Coral", "Whales", "Rent"), "unbalanced"),
        "x": "no_capital",
    }
    assert read_json(folder / "counts.json") == {"in": 10, "kept": 6, "rejected": {"unbalanced": 3, "no_capital": 1}}
    assert kept == finished_topics(folder, "--balance")[0]
    other = finished_topics(folder, "--balance", "--seed", 2)[0]
    assert kept != other and sorted(row["id"] for row in kept) == sorted(row["id"] for row in other)
    assert len(finished_topics(folder)[0]) == 9


def test_the_types_and_worked_questions_that_come_along_are_twenty_and_keep_the_rules_of_topics(root, folder):
    (folder / "seeds.jsonl").write_bytes((root / "config/seeds/questions.jsonl").read_bytes())
    requests = plan_of_topics(folder, "--template", root / "config/prompts/self_align/topics.txt")
    names = [request["prompt"].splitlines()[-2].removeprefix("1. ") for request in requests]
    assert len(requests) == 20
    kept, rejected = collected_topics(folder, [f" {name}" for name in reversed(names)])
    assert len(kept) == 40 and not rejected
