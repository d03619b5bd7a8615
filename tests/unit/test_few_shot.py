"""How the examples of a prompt are chosen, and the clusters that sampling by density reads."""

import copy
import random
from collections import Counter
from typing import get_args

import pytest

from scripts import cluster_rows
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import write_manifest
from scripts.lib.rows.few_shot import Method, choose_examples, mix
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.tiny_model import build_random_model

DRAWS = 4000


def row(name, perplexity=10.0, cluster=0):
    return {"id": name, "instruction": "Same text.", "perplexity": {"task": perplexity}, "cluster": cluster}


def first_shares(pool, method):
    """The share of draws in which each row was the one example."""
    rng = random.Random(1)
    counts = Counter(choose_examples(rng, pool, 1, method)[0]["id"] for _ in range(DRAWS))
    return {member["id"]: counts[member["id"]] / DRAWS for member in pool}


@pytest.mark.parametrize("method", get_args(Method))
@pytest.mark.parametrize("count", [0, 1, 5, 12])
def test_every_method_gives_what_was_asked_without_repeats(method, count):
    pool = [row(str(number), perplexity=number, cluster=number % 5) for number in range(12)]
    before = copy.deepcopy(pool)
    chosen = choose_examples(random.Random(3), pool, count, method)
    assert len(chosen) == len({member["id"] for member in chosen}) == count
    assert pool == before


@pytest.mark.parametrize("method", get_args(Method))
def test_the_same_seed_draws_the_same(method):
    pool = [row(str(number), perplexity=1 + number, cluster=number % 7) for number in range(30)]
    draws = [choose_examples(random.Random(5), pool, 8, method) for _ in range(2)]
    assert draws[0] == draws[1]


@pytest.mark.parametrize(
    ("method", "perplexities", "shares"),
    [
        ("uniform", [1, 1000], [1 / 2, 1 / 2]),
        ("ppl", [100, 200, 5000], [1 / 5, 2 / 5, 2 / 5]),
        ("inverse_ppl", [2, 4, 4], [1 / 2, 1 / 4, 1 / 4]),
        ("inverse_ppl", [0, 1], [1 / 2, 1 / 2]),
        ("ppl", [0, 3], [0, 1]),
    ],
)
def test_weights_are_those_of_the_specification(method, perplexities, shares):
    pool = [row(str(number), perplexity=value) for number, value in enumerate(perplexities)]
    assert list(first_shares(pool, method).values()) == pytest.approx(shares, abs=0.03)


def test_later_draws_are_weighted_among_those_that_are_left():
    pool = [row("a", 1), row("b", 2), row("c", 4)]
    rng = random.Random(2)
    pairs = Counter(
        frozenset(member["id"] for member in choose_examples(rng, pool, 2, "inverse_ppl")) for _ in range(DRAWS)
    )
    left_out_c = 4 / 7 * (1 / 2) / (3 / 4) + 2 / 7 * 1 / (5 / 4)
    assert pairs[frozenset("ab")] / DRAWS == pytest.approx(left_out_c, abs=0.03)


def test_density_favours_no_cluster_for_its_size():
    pool = [row(f"large-{number}", cluster=1) for number in range(20)] + [row("small", cluster=2)]
    assert first_shares(pool, "density")["small"] == pytest.approx(1 / 2, abs=0.03)


def test_density_takes_a_second_row_only_when_every_cluster_has_given_one():
    pool = [row(f"{cluster}-{number}", cluster=cluster) for cluster in range(4) for number in range(cluster + 1)]
    chosen = choose_examples(random.Random(7), pool, 6, "density")
    given = Counter(member["cluster"] for member in chosen)
    assert set(given) == {0, 1, 2, 3} and max(given.values()) == 2


def test_density_with_perplexity_weighs_within_the_cluster():
    pool = [row("common", 1, cluster=1), row("rare", 3, cluster=1), row("other", 500, cluster=2)]
    shares = first_shares(pool, "density_ppl")
    assert list(shares.values()) == pytest.approx([3 / 8, 1 / 8, 1 / 2], abs=0.03)


SEEDS = [row(f"s{number}", perplexity=1 + number) for number in range(6)]


def mixed(kept, origin_samples, method="uniform", seed=1):
    return [member["id"] for member in mix(random.Random(seed), SEEDS, kept, 5, origin_samples, method)]


@pytest.mark.parametrize(
    ("kept", "origin_samples", "kinds"),
    [
        (6, 3, {"s": 3, "g": 2}),
        (6, 0, {"g": 5}),
        (5, 3, {"s": 5}),
        (0, 3, {"s": 5}),
        (100, None, {"s": 5}),
    ],
)
def test_kept_rows_are_examples_once_there_are_more_than_five(kept, origin_samples, kinds):
    chosen = mixed([row(f"g{number}") for number in range(kept)], origin_samples)
    assert Counter(name[0] for name in chosen) == kinds


def test_more_examples_than_kept_rows_are_seeds():
    kept = [row(f"g{number}") for number in range(6)]
    seeds = [row(f"s{number}") for number in range(10)]
    assert {member["id"][0] for member in mix(random.Random(1), seeds, kept, 10, 3, "uniform")} == {"s"}


def test_weights_choose_among_kept_rows_and_seeds_beside_them_are_drawn_alike():
    kept = [row("g-likely", 1), *(row(f"g-rare-{number}", 100) for number in range(9))]
    draws = [mixed(kept, 4, "inverse_ppl", seed) for seed in range(DRAWS)]
    counts = Counter(name for chosen in draws for name in chosen)
    assert counts["g-likely"] / DRAWS == pytest.approx(1 / 1.09, abs=0.03)
    assert [counts[seed["id"]] / DRAWS for seed in SEEDS] == pytest.approx([4 / 6] * 6, abs=0.03)


@pytest.mark.parametrize(("origin_samples", "share"), [(None, 1), (4, 1 / 2)])
def test_seeds_are_weighed_only_where_no_kept_rows_are_to_be(origin_samples, share):
    seeds = [row("s-likely", 1), *(row(f"s-rare-{number}", 10**6) for number in range(9))]
    kept = [{"id": "g", "instruction": "Not measured."}]
    draws = [mix(random.Random(seed), seeds, kept, 5, origin_samples, "inverse_ppl") for seed in range(DRAWS)]
    found = sum("s-likely" in {member["id"] for member in chosen} for chosen in draws) / DRAWS
    assert found == pytest.approx(share, abs=0.03)


def test_seeds_and_kept_rows_stand_in_any_order():
    kept = [row(f"g{number}") for number in range(6)]
    places = {place for seed in range(200) for place, name in enumerate(mixed(kept, 4, seed=seed)) if name[0] == "g"}
    assert places == set(range(5))


@pytest.mark.parametrize(
    ("pool", "count", "method", "message"),
    [
        ([row("a")], 2, "uniform", "2 examples are wanted, but there are only 1 rows"),
        ([{"id": "a"}], 1, "ppl", r"row 'a'.*perplexity"),
        ([row("a", float("nan"))], 1, "inverse_ppl", r"row 'a'.*perplexity"),
        ([{"id": "a"}], 1, "density", r"row 'a' needs .cluster"),
        ([row("a")], 1, "random", "there is no method 'random'"),
    ],
)
def test_what_is_missing_is_named(pool, count, method, message):
    with pytest.raises(UserError, match=message):
        choose_examples(random.Random(1), pool, count, method)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    directory = build_random_model(tmp_path_factory.mktemp("model"), seed=1)
    return write_manifest(directory, "model", {}).path


def clusters(rows, model, folder, *options):
    write_rows(folder / "rows.jsonl", rows)
    arguments = ["--input", folder / "rows.jsonl", "--model", model, "--output", folder / "out.jsonl", *options]
    cluster_rows.main(cluster_rows.parser().parse_args([str(argument) for argument in arguments]))
    clustered = list(read_rows(folder / "out.jsonl"))
    assert [{**member, "cluster": None} for member in clustered] == [{**member, "cluster": None} for member in rows]
    return [member["cluster"] for member in clustered]


def test_rows_are_clustered_by_the_model_and_not_by_their_batch(model, tmp_path):
    texts = ["zzzz zzz", "zzz zzzzz zz", "777 7777", "77777 77 7", "zz zzz", "7 77 777 7777"]
    rows = [{"id": text, "instruction": f"{text} " * 20, "input": "", "kept": 1} for text in texts]
    options = ("--clusters", 2, "--dtype", "float32")
    together = clusters(rows, model, tmp_path, *options)
    assert together[0] == together[1] == together[4] != together[2] == together[3] == together[5]
    # So few tokens hold one row.
    assert clusters(rows, model, tmp_path, *options, "--batch-tokens", 256) == together


def test_left_to_itself_it_makes_half_as_many_clusters_as_rows(model, tmp_path):
    rows = [
        {"id": word, "instruction": f"{word} " * 20, "input": ""} for word in ("zzzz", "7777", "you", "are", "list")
    ]
    assert len(set(clusters(rows, model, tmp_path, "--dtype", "float32"))) == 2


@pytest.mark.parametrize(("count", "rows"), [("3000", 3), ("3", 3), (None, 2)])
def test_as_many_clusters_as_rows_are_refused(model, tmp_path, count, rows):
    rows = [{"id": str(number), "instruction": f"Count to {number}.", "input": ""} for number in range(rows)]
    message = rf"rows\.jsonl: {count or 2} clusters \(--clusters\) of {len(rows)} rows .*below {len(rows)}"
    with pytest.raises(UserError, match=message):
        clusters(rows, model, tmp_path, *(("--clusters", count) if count else ()))


def test_clustering_nothing_is_an_error(model, tmp_path):
    with pytest.raises(UserError, match="no rows to cluster"):
        clusters([], model, tmp_path)
