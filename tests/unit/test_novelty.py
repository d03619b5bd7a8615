"""The novelty filter decides exactly as the plain definition of ROUGE-L does, only faster."""

import itertools
import json
import math
import random
import re

import pytest
from rapidfuzz import process

from scripts import novelty_filter
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.rows.novelty import Near, NoveltyFilter
from tests.unit.rejected_rows import verdict_of


def rouge_l(target: str, prediction: str) -> float:
    """ROUGE-L F-measure from its definition, with the table of longest common subsequences."""
    a, b = (re.findall("[a-z0-9]+", text.lower()) for text in (target, prediction))
    if not a or not b:
        return 0.0
    above = [0] * (len(b) + 1)
    for token in a:
        row = [0]
        for column, other in enumerate(b):
            row.append(above[column] + 1 if token == other else max(above[column + 1], row[column]))
        above = row
    precision, recall = above[-1] / len(b), above[-1] / len(a)
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def decisions_by_definition(texts, threshold, known=()):
    kept, decisions = list(known), []
    for text in texts:
        near = max(((rouge_l(other, text), -place) for place, other in enumerate(kept)), default=(0.0, 0))
        decisions.append(Near(str(-near[1]), near[0]) if near[0] > threshold else None)
        if decisions[-1] is None:
            kept.append(text)
    return decisions


def decisions_of_filter(texts, threshold, known=()):
    novelty = NoveltyFilter(threshold)
    count = 0
    decisions = []
    for text in known:
        novelty.add_known(str(count), text)
        count += 1
    for text in texts:
        decisions.append(novelty.admit(str(count), text))
        count += decisions[-1] is None
    return decisions


def random_texts(count, vocabulary, most_words, seed):
    rng = random.Random(seed)
    words = [f"w{number}" for number in range(vocabulary)]
    return [" ".join(rng.choices(words, k=rng.randint(0, most_words))) for _ in range(count)]


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.7, 0.95, 1.0])
@pytest.mark.parametrize(("vocabulary", "most_words"), [(3, 9), (12, 6), (40, 14)])
def test_decides_as_the_definition_on_random_texts(threshold, vocabulary, most_words):
    texts = random_texts(150, vocabulary, most_words, seed=vocabulary)
    assert decisions_of_filter(texts, threshold) == decisions_by_definition(texts, threshold)


def test_decides_as_the_definition_on_varied_copies_across_new_rankings():
    rng = random.Random(1)
    originals = random_texts(60, 300, 20, seed=2)
    texts = []
    for _ in range(700):
        words = rng.choice(originals).split()
        texts.append(" ".join(word for word in words if rng.random() > 0.3) + f" w{rng.randint(0, 300)}")
    decisions = decisions_of_filter(texts, 0.7, known=originals)
    assert decisions == decisions_by_definition(texts, 0.7, known=originals)
    assert 100 < sum(near is not None for near in decisions) < 650


@pytest.mark.parametrize(
    ("common", "lengths", "rejected"),
    [(7, (8, 12), True), (7, (9, 11), True), (7, (10, 10), False), (8, (10, 10), True), (6, (8, 12), False)],
)
def test_the_threshold_is_compared_in_the_floats_of_the_definition(common, lengths, rejected):
    shared = [f"same{number}" for number in range(common)]
    first, second = (
        " ".join(shared + [f"{name}{number}" for number in range(length - common)])
        for name, length in zip("ab", lengths, strict=True)
    )
    novelty = NoveltyFilter(0.7)
    novelty.add_known("first", first)
    assert (novelty.check(second) is not None) == rejected == (rouge_l(first, second) > 0.7)


def test_names_the_closest_text_and_its_score():
    novelty = NoveltyFilter()
    novelty.add_known("close", "write a poem about the silent winter sea")
    novelty.add_known("closest", "write a poem about the silent summer sea")
    assert novelty.check("Write a POEM about the silent summer lake!") == Near("closest", 0.875)


def test_texts_without_tokens_are_never_too_close_and_counted():
    novelty = NoveltyFilter(0.0)
    assert [novelty.admit(name, "写一首诗。") for name in "abc"] == [None] * 3
    assert novelty.unjudged == 3
    assert novelty.check("") is None


def test_resuming_from_a_kept_list_decides_the_same():
    texts = random_texts(400, 25, 10, seed=3)
    decisions = decisions_of_filter(texts, 0.7)
    kept = [text for text, near in zip(texts[:200], decisions, strict=False) if near is None]
    assert decisions_of_filter(texts[200:], 0.7, known=kept) == decisions[200:]


def test_the_command_splits_rows_and_says_what_they_are_close_to(tmp_path, filter_rows):
    write_rows(tmp_path / "seeds.jsonl", [{"id": "s1", "instruction": "Name the capital of France."}])
    rows = [
        {"id": "a", "instruction": "Name the capital of France!"},
        {"id": "b", "instruction": "Sort these numbers by size.", "extra": [1]},
        {"id": "c", "instruction": "Please sort these numbers by size."},
        {"id": "d", "instruction": "翻译这句话"},
    ]
    out = filter_rows(novelty_filter, rows, "--seeds", tmp_path / "seeds.jsonl")
    assert [row["id"] for row in out.kept] == ["b", "d"]
    assert out.kept[0]["extra"] == [1]
    assert [verdict_of(row)["to"] for row in out.rejected] == ["seeds.jsonl:s1", "b"]
    assert verdict_of(out.rejected[1])["rouge_l"] == pytest.approx(10 / 11)
    assert out.counts == {"in": 4, "kept": 2, "rejected": {"too_similar": 2}, "unjudged": 1}


@pytest.mark.parametrize(
    ("threshold", "limit"), [(70, "less than or equal to 1"), (-0.1, "greater than or equal to 0")]
)
def test_a_threshold_outside_0_to_1_is_refused(threshold, limit, filter_rows, capsys):
    with pytest.raises(SystemExit, match="2"):
        filter_rows(novelty_filter, [{"instruction": "Say hello."}], f"--threshold={threshold}")
    said = capsys.readouterr().err
    assert "argument --threshold" in said and limit in said and f"not '{threshold}'" in said


def test_rejects_exactly_900_of_the_published_third_round(tmp_path, shared_data):
    files = [tmp_path / name for name in ("kept.jsonl", "rejected.jsonl", "counts.json")]
    arguments = ["--input", shared_data / "isheep" / "qwen72b_d3.json"]
    arguments += ["--output", files[0], "--rejected", files[1], "--counts", files[2]]
    novelty_filter.main(novelty_filter.parser().parse_args([str(argument) for argument in arguments]))
    assert read_json(files[2]) == {"in": 4046, "kept": 3146, "rejected": {"too_similar": 900}, "unjudged": 0}
    kept = {row["id"]: row["instruction"] for row in read_rows(files[0])}
    for row in list(read_rows(files[1]))[::50]:
        near = verdict_of(row)
        assert rouge_l(kept[near["to"]], row["instruction"]) == near["rouge_l"] > 0.7


def test_decides_as_the_definition_on_published_rows(shared_data):
    rows = json.loads((shared_data / "isheep" / "qwen72b_d0.json").read_text())
    texts = [row["instruction"] for row in rows[:300]]
    assert decisions_of_filter(texts, 0.7) == decisions_by_definition(texts, 0.7)


def test_few_known_texts_are_looked_up_and_hardly_any_compared(monkeypatch):
    """The cost stays far from quadratic: counted, since a time depends on what else the machine does."""
    looked_up, compared = [], []
    look_up, compare = NoveltyFilter._sharing_an_early_token, process.cdist

    def counted_look_up(novelty, tokens):
        found = look_up(novelty, tokens)
        looked_up.append(len(found[0]))
        return found

    def counted_compare(queries, choices, **options):
        compared.append(len(queries) * len(choices))
        return compare(queries, choices, **options)

    monkeypatch.setattr(NoveltyFilter, "_sharing_an_early_token", counted_look_up)
    monkeypatch.setattr("scripts.lib.rows.novelty.process.cdist", counted_compare)
    rng = random.Random(5)
    words = [f"w{number}" for number in range(20000)]
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(20000)))
    texts = [" ".join(rng.choices(words, cum_weights=weights, k=rng.randint(5, 30))) for _ in range(10000)]
    decisions_of_filter(texts, 0.7)
    pairs = math.comb(len(texts), 2)
    assert 0 < sum(looked_up) < pairs / 50
    assert 0 < sum(compared) < pairs / 200_000
