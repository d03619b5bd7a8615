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


def test_mix_takes_seeds_and_generated_rows_as_asked():
    seeds = [row(f"s{number}") for number in range(6)]
    generated = [row(f"g{number}") for number in range(6)]

    def kinds(generated, origin_samples):
        chosen = mix(random.Random(1), seeds, generated, 5, origin_samples, "uniform")
        return Counter(member["id"][0] for member in chosen)

    assert kinds(generated, 3) == {"s": 3, "g": 2}
    assert kinds(generated[:1], 3) == {"s": 4, "g": 1}
    assert kinds([], 3) == {"s": 5}
    assert kinds(generated, 0) == {"g": 5}


@pytest.mark.parametrize("method", get_args(Method))
def test_mix_needs_measurements_of_seeds_only(method):
    generated = [{"id": f"g{number}", "instruction": "Not measured."} for number in range(4)]
    seeds = [row(f"s{number}", cluster=number) for number in range(4)]
    assert len(mix(random.Random(1), seeds, generated, 5, 3, method)) == 5


def test_mix_puts_seeds_and_generated_rows_in_any_order():
    seeds, generated = [row(f"s{number}") for number in range(5)], [row("g")]
    rng = random.Random(1)
    places = Counter(
        [member["id"] for member in mix(rng, seeds, generated, 5, 4, "uniform")].index("g") for _ in range(200)
    )
    assert set(places) == set(range(5))


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


def test_there_are_no_more_clusters_than_rows(model, tmp_path, caplog):
    rows = [{"id": str(number), "instruction": f"Count to {number}.", "input": ""} for number in range(3)]
    with caplog.at_level("INFO"):
        assert clusters(rows, model, tmp_path, "--clusters", 3000) == [0, 1, 2]
    assert "3 rows for 3000 clusters" in caplog.text


def test_clustering_nothing_is_an_error(model, tmp_path):
    with pytest.raises(UserError, match="no rows to cluster"):
        clusters([], model, tmp_path)
