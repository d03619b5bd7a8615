"""The pool of prompts: which of all that came in are kept, each other one with its reason, and their order.

All is decided by ids and seeds, never by the order of files; rows lie on disk, and in memory are their ids.
"""

import random
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import chain

from scripts.lib.errors import UserError
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.held_out import HELD_OUT
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.on_disk import RowsOnDisk
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.tasks import join
from scripts.lib.rows.verdicts import Verdict

SELF_INSTRUCT, TOPIC_GUIDED, GIVEN = "self_instruct", "topic_guided", "given"
ORIGINS = (SELF_INSTRUCT, TOPIC_GUIDED, GIVEN)
"""Where a prompt comes from, as its row says in `origin`."""

REPEATED = Reason(
    "repeated",
    "a prompt before it is equal but for case, spaces and punctuation",
    "leave it so (`of` in `detail` names the prompt that is kept)",
)
BEYOND_SHARE = Reason(
    "beyond_share",
    "a good prompt of the kind of which there are too many for the share that is wanted",
    "set prompts.topic_guided_share to null to use it, or make more of the other kind",
)
BEYOND_MOST = Reason("beyond_most", "a good prompt more than are used at most", "raise prompts.most to use it")

REASONS = (HELD_OUT, REPEATED, BEYOND_SHARE, BEYOND_MOST)
"""Those of written prompts, in the order in which they are looked for."""


class PromptPool:
    """Prompts by origin, and against which of them there is something."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._rows = RowsOnDisk()
        self._texts: dict[str, bytes] = {}
        self._kept: dict[str, list[str]] = {}
        self._verdicts: dict[str, Verdict] = {}

    def add(self, row: Row, verdict: Verdict | None, place: str) -> None:
        """Take a row with its origin in, and what there is against it; raises UserError, led by `place` (the file),
        for an id that a row before it has."""
        identity = row["id"]
        if identity in self._rows:
            raise UserError(f"{place}: the id {identity!r} is in another file too; ids must be unique over all files")
        self._rows.put(identity, row)
        if verdict is not None:
            self._verdicts[identity] = verdict
            return
        self._texts[identity] = blake2b(normalised(row).encode(), digest_size=16).digest()
        self._kept.setdefault(row["origin"], []).append(identity)

    def reject_repeated(self, deduplicate: str, shard_rows: int) -> None:
        """Reject all of equal prompts but the first, written instructions before questions.

        `across_shards`: as published, a prompt is compared with those of the shards before its own alone, so that two
        of one shard survive, and questions are not compared.
        """
        everything = deduplicate == "all"
        firsts: dict[bytes, str] = {}
        for origin in ORIGINS if everything else (SELF_INSTRUCT, GIVEN):
            identities = sorted(self._kept.get(origin, ()))
            rows = 1 if everything else shard_rows
            self._kept[origin] = [
                identity
                for start in range(0, len(identities), rows)
                for identity in self._new(identities[start : start + rows], firsts)
            ]

    def cut_to_share(self, share: float) -> None:
        """Reject prompts drawn by the seed, until questions have this share: questions, or else the others."""
        questions, others = (len(self._kept.get(origin, ())) for origin in (TOPIC_GUIDED, SELF_INSTRUCT))
        if questions * (1 - share) > others * share:
            self._cut([TOPIC_GUIDED], round(others * share / (1 - share)), BEYOND_SHARE)
        else:
            self._cut([SELF_INSTRUCT], round(questions * (1 - share) / share) if share else others, BEYOND_SHARE)

    def cut_to(self, most: int) -> None:
        """Reject prompts drawn by the seed, until there are at most so many."""
        self._cut(ORIGINS, most, BEYOND_MOST)

    def verdict_on(self, row: Row) -> Verdict | None:
        """Return what there is against a row of the pool."""
        return self._verdicts.get(row["id"])

    def rows(self) -> Iterator[Row]:
        """Yield the rejected rows by their ids, and then the others, shuffled by the seed."""
        kept = sorted(identity for identities in self._kept.values() for identity in identities)
        random.Random(seed_of(self._seed, "prompts/order")).shuffle(kept)
        for identity in chain(sorted(self._verdicts), kept):
            yield self._rows[identity]

    def _new(self, shard: Sequence[str], firsts: dict[bytes, str]) -> Sequence[str]:
        """Return the prompts of a shard that no shard before has, which then knows them; reject the others."""
        known = {identity: firsts[text] for identity in shard if (text := self._texts[identity]) in firsts}
        self._verdicts |= {identity: Verdict(REPEATED, {"of": first}) for identity, first in known.items()}
        new = [identity for identity in shard if identity not in known]
        for identity in new:
            firsts.setdefault(self._texts[identity], identity)
        return new

    def _cut(self, origins: Sequence[str], most: int, reason: Reason) -> None:
        identities = sorted(identity for origin in origins for identity in self._kept.get(origin, ()))
        if len(identities) <= most:
            return
        chosen = random.Random(seed_of(self._seed, f"prompts/{reason.name}")).sample(identities, most)
        left_out = set(identities).difference(chosen)
        self._verdicts |= {identity: Verdict(reason, {"of": len(identities), "most": most}) for identity in left_out}
        for origin in origins:
            self._kept[origin] = [identity for identity in self._kept.get(origin, ()) if identity not in left_out]


def normalised(row: Row) -> str:
    """Return what equal prompts have in common: words and numbers of instruction and input, whatever their case.

    A text without any is itself.
    """
    text = join(row["instruction"], row["input"])
    return " ".join(re.sub(r"[\W_]+", " ", text).lower().split()) or text
