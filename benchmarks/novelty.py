"""The novelty filter beside `rouge_score` asked about every pair, and the decisions of both."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import inputs
from benchmarks.comparing import rates
from benchmarks.results import Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Task, Work, alone, alternate, script
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.rows.novelty import NoveltyFilter, tokenize

THRESHOLD = 0.7
POOL_OF_SHORT = 500
"""Random short texts are decided in pools of this size, enough for the index to rank its tokens anew: each pool
is compared pair by pair."""


def measure(setup: Setup) -> Report:
    """Compare pairs per CPU second, count differing decisions, and see how cost grows."""
    sides = alternate(
        Task(filtered, (inputs.instructions(setup.size(10_000)),), setup.sizes(2_500, 5_000, 10_000)),
        Task(every_pair, (inputs.instructions(setup.size(500)),), setup.sizes(125, 250, 500)),
        setup.rounds,
        setup.log,
    )
    report = rates("novelty", "pairs decided", "pairs", sides, bar=1000, size="instructions", clock="cpu")
    report.facts += differences(setup)
    report.facts += at_the_papers_scale(setup)
    return report


def filtered(texts: Sequence[str]) -> Work:
    """Return the work of deciding the first texts with our filter."""

    def work(size: int) -> dict[str, Any]:
        novelty = NoveltyFilter(THRESHOLD)
        kept = pairs = 0
        for text in texts[:size]:
            pairs += kept
            kept += novelty.admit("", text) is None
        return {"pairs": pairs, "kept": kept}

    return work


def every_pair(texts: Sequence[str]) -> Work:
    """Return the work of deciding the first texts by scoring each against every text kept before it."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=False)

    def work(size: int) -> dict[str, Any]:
        kept: list[str] = []
        pairs = 0
        for text in texts[:size]:
            pairs += len(kept)
            if max((scorer.score(known, text)["rougeL"].fmeasure for known in kept), default=0) <= THRESHOLD:
                kept.append(text)
        return {"pairs": pairs, "kept": len(kept)}

    return work


def differences(setup: Setup) -> list[Fact]:
    """Return how many decisions differ from those by `rouge_score`: on (real) rows, and on random short ones."""
    rows = inputs.instructions(setup.size(4_000), seed=2)
    short = inputs.short_texts(setup.size(20_000))
    name = "real" if inputs.have_real_rows() else "made"
    facts = []
    for kind, texts, pool in ((f"{name} instructions", rows, len(rows)), ("random short texts", short, POOL_OF_SHORT)):
        side = alone(Task(differing, (texts, pool), [len(texts)]), setup.log)
        counted = side.largest[0].counted
        facts += [
            Fact("novelty", f"decisions that differ, of {len(texts):,} {kind}", counted["differ"], most=0),
            Fact("novelty", f"rejected among these {kind}", counted["rejected"]),
        ]
    return facts


def differing(texts: Sequence[str], pool: int) -> Work:
    """Return the work of deciding texts, pool by pool, in both ways; it counts the decisions that differ."""

    def work(size: int) -> dict[str, Any]:
        differ = rejected = 0
        for start in range(0, size, pool):
            wanted = _closest_by_definition(texts[start : start + pool])
            novelty = NoveltyFilter(THRESHOLD)
            for place, text in enumerate(texts[start : start + pool]):
                near = novelty.admit(str(place), text)
                differ += (None if near is None else (int(near.id), near.score)) != wanted[place]
                rejected += near is not None
        return {"differ": differ, "rejected": rejected}

    return work


def _closest_by_definition(texts: Sequence[str]) -> list[tuple[int, float] | None]:
    """Return the closest earlier kept text of each text and its score, if above the threshold; `rouge_score` says so.

    It is asked about all pairs but those that have too few tokens in common, in whatever order, to get there.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    possible = _sharing_enough_tokens(texts)
    decisions: list[tuple[int, float] | None] = []
    for place, text in enumerate(texts):
        kept = [other for other in possible[place] if decisions[other] is None]
        scores = [(scorer.score(texts[other], text)["rougeL"].fmeasure, -other) for other in kept]
        score, other = max(scores, default=(0.0, 0))
        decisions.append((-other, score) if score > THRESHOLD else None)
    return decisions


def _sharing_enough_tokens(texts: Sequence[str]) -> list[list[int]]:
    """Return for each text the earlier ones that share enough tokens for a score near the threshold."""
    from sklearn.feature_extraction.text import CountVectorizer

    counts = CountVectorizer(analyzer=tokenize).fit_transform(texts).astype(np.int64)
    lengths = counts.sum(axis=1).A1
    found = []
    for place in range(len(texts)):
        # A common subsequence is no longer than this, and F = 2 * its length / (both lengths together).
        common = (counts[:place] @ (counts[place] > 0).T).toarray()[:, 0]
        enough = 0.99 * THRESHOLD * (lengths[:place] + lengths[place])
        found.append(np.flatnonzero(2 * common >= enough).tolist())
    return found


def at_the_papers_scale(setup: Setup) -> list[Fact]:
    """Return what the script costs at up to 40,000 instructions, and the power of the size that it grows with."""
    sizes = setup.sizes(5_000, 10_000, 20_000, 40_000)
    texts = inputs.instructions(max(sizes), seed=3)
    costs = [(size, *_script(setup, texts[:size])) for size in sizes]
    (small, least, _), (large, most, mb) = costs[0], costs[-1]
    growth = math.log(most / least) / math.log(large / small)
    return [
        Fact("novelty", f"the script on {large:,} instructions", most, "CPU s", most=15),
        Fact("novelty", f"peak memory of the script on {large:,} instructions", mb, "MB", most=100),
        Fact("novelty", f"power of the size that cost grows with, {small:,} to {large:,}", growth, most=1.7),
    ]


def _script(setup: Setup, texts: Sequence[str]) -> tuple[float, float]:
    folder = setup.work / "novelty"
    write_rows(folder / "rows.jsonl", ({"instruction": text} for text in texts))
    files = {"--input": "rows.jsonl", "--output": "kept.jsonl", "--rejected": "rejected.jsonl"}
    arguments = [str(part) for flag, name in files.items() for part in (flag, folder / name)]
    side = alone(Task(script, ("scripts.novelty_filter", arguments), [len(texts)]), setup.log)
    return side.largest[0].cpu, side.mb
