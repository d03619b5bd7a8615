"""The order in which rows are trained on, written down beforehand for all epochs."""

import math
import random
from collections.abc import Sequence
from itertools import chain
from typing import Literal

from scripts.lib.rows.hashing import seed_of

Order = Literal["by_length", "shuffled"]

# By how much a row's length may seem other than it is when rows of like length are put together: enough to mix them.
LENGTH_JITTER = 0.03


def training_order(
    lengths: Sequence[int], *, epochs: float, rows_per_update: int, seed: int, order: Order = "by_length"
) -> list[int]:
    """Return the places of the rows in the order of training, all epochs in one list.

    by_length: rows of like length stand together, so that little is padded; which rows share an update differs
    from epoch to epoch, and updates follow each other in any order. shuffled: each epoch has the rows in any order,
    as the published trainer drew them. One list, written down beforehand, lets a resumed run find its place by
    counting, whatever the state of any random generator.
    """
    places: list[int] = []
    for epoch in range(math.ceil(epochs)):
        rng = random.Random(seed_of(seed, f"epoch {epoch}"))
        if order == "shuffled":
            places += rng.sample(range(len(lengths)), len(lengths))
        else:
            places += _epoch_by_length(lengths, rows_per_update, len(places), rng)
    return places[: max(1, round(len(lengths) * epochs))]


def _epoch_by_length(lengths: Sequence[int], rows_per_update: int, done: int, rng: random.Random) -> list[int]:
    """Return the places of the rows in the order of one epoch, which begins after `done` rows.

    An update that two epochs share gets the shortest rows of both, and so is padded as little as others.
    """
    jitter = {place: rng.uniform(1 - LENGTH_JITTER, 1 + LENGTH_JITTER) for place in range(len(lengths))}
    by_length = sorted(jitter, key=lambda place: lengths[place] * jitter[place])
    head = min(-done % rows_per_update, len(by_length))
    whole = head + (len(by_length) - head) % rows_per_update
    updates = [by_length[start : start + rows_per_update] for start in range(whole, len(by_length), rows_per_update)]
    rng.shuffle(updates)
    return [*by_length[:head], *chain.from_iterable(updates), *by_length[head:whole]]
