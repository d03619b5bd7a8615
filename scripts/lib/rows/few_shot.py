"""Choosing the examples of a few-shot prompt: each row at most once, never more than asked, none changed."""

import heapq
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.measures import cluster_of, perplexity_of

Method = Literal["uniform", "ppl", "inverse_ppl", "density", "density_ppl"]
BY_PERPLEXITY: tuple[Method, ...] = ("ppl", "inverse_ppl")
BY_CLUSTER: tuple[Method, ...] = ("density", "density_ppl")

FEW_KEPT = 5
"""Rows of an iteration that are too few to be examples: only more than these are (number of I-SHEEP's published
code)."""

HIGHEST_PERPLEXITY_WEIGHT = 200.0
"""Above this perplexity, `ppl` favours a row no further (value of I-SHEEP's published code)."""

NEGLIGIBLE_PERPLEXITY = 1e-5
"""Up to this perplexity, `inverse_ppl` gives the weight 1 (as in I-SHEEP's published code): such a value is
no measurement."""


def choose_examples(rng: random.Random, pool: Sequence[Row], count: int, method: str) -> list[Row]:
    """Return `count` different rows of the pool; the methods follow I-SHEEP's published code.

    uniform: all rows alike. ppl, inverse_ppl: a weighted draw without replacement, by min(ppl, 200) or
    1/ppl. density: clusters drawn alike, one row from each, going round again only when every cluster
    has given one; density_ppl: the same, with the row of a cluster drawn by 1/ppl. Rows are told apart
    by their place in the pool, not by their content. Raises UserError if the pool is smaller than
    `count`, or if a row lacks the "perplexity" or "cluster" that the method needs.
    """
    if len(pool) < count:
        raise UserError(f"{count} examples are wanted, but there are only {len(pool)} rows; give more seed tasks")
    if method == "uniform":
        return rng.sample(pool, count)
    if method == "ppl":
        return _weighted_draw(rng, pool, count, _weight)
    if method == "inverse_ppl":
        return _weighted_draw(rng, pool, count, _inverse_weight)
    if method == "density":
        return _spread_over_clusters(rng, pool, count, _equal_weight)
    if method == "density_ppl":
        return _spread_over_clusters(rng, pool, count, _inverse_weight)
    raise UserError(f"few-shot choice: there is no method {method!r}; choose one of {', '.join(get_args(Method))}")


def mix(
    rng: random.Random,
    seeds: Sequence[Row],
    kept: Sequence[Row],
    count: int,
    origin_samples: int | None,
    method: str,
) -> list[Row]:
    """Return `count` examples, shuffled: seeds, and rows that this iteration's earlier rounds have kept.

    Without `origin_samples`, all are seeds, chosen by the method, as in the paper's Algorithm 1. With it, that many
    are seeds drawn alike, and the method chooses the others from the kept rows: what I-SHEEP's published code meant
    to do, in lines that are commented out. Until the kept rows are more than FEW_KEPT, and enough, all are seeds,
    drawn alike too.
    """
    if origin_samples is None:
        examples = choose_examples(rng, seeds, count, method)
    elif len(kept) <= FEW_KEPT or len(kept) < count - origin_samples:
        examples = choose_examples(rng, seeds, count, "uniform")
    else:
        examples = choose_examples(rng, seeds, origin_samples, "uniform")
        examples += choose_examples(rng, kept, count - origin_samples, method)
    rng.shuffle(examples)
    return examples


def _weighted_draw(rng: random.Random, pool: Sequence[Row], count: int, weight_of: Callable[[Row], float]) -> list[Row]:
    """Draw rows one by one without replacement, each by its weight; rows of weight zero come last.

    Each row waits an exponential time with its weight as the rate: the first arrivals have exactly the
    law of the sequential draw, in one pass, and there is no sum of weights to divide by.
    """
    weights = [weight_of(row) for row in pool]
    arrivals = [(weight == 0, rng.expovariate(weight or 1.0)) for weight in weights]
    return [pool[place] for place in heapq.nsmallest(count, range(len(pool)), key=arrivals.__getitem__)]


def _spread_over_clusters(
    rng: random.Random, pool: Sequence[Row], count: int, weight_of: Callable[[Row], float]
) -> list[Row]:
    clusters: dict[int, list[Row]] = defaultdict(list)
    for row in pool:
        clusters[cluster_of(row)].append(row)
    shares: Counter[int] = Counter()
    while shares.total() < count:
        unspent = [cluster for cluster, rows in clusters.items() if shares[cluster] < len(rows)]
        shares.update(rng.sample(unspent, min(len(unspent), count - shares.total())))
    return [
        row for cluster, share in shares.items() for row in _weighted_draw(rng, clusters[cluster], share, weight_of)
    ]


def _equal_weight(row: Row) -> float:
    return 1.0


def _weight(row: Row) -> float:
    return min(_perplexity(row), HIGHEST_PERPLEXITY_WEIGHT)


def _inverse_weight(row: Row) -> float:
    perplexity = _perplexity(row)
    return 1.0 if perplexity <= NEGLIGIBLE_PERPLEXITY else 1.0 / perplexity


def _perplexity(row: Row) -> float:
    """Return the perplexity of a row's task, which is what the examples of a prompt show."""
    value = perplexity_of(row, "task")
    if value is None or not 0 <= value < math.inf:
        raise UserError(f"row {row['id']!r}: perplexity.task must be a number from 0, not {value!r}; measure it again")
    return value
