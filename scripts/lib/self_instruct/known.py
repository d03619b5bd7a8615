"""What a new instruction must differ from: seeds, and as many of the rows kept before as the scope says."""

from collections.abc import Iterable
from pathlib import Path

from scripts.lib.rows.jsonl import Row, read_text_rows
from scripts.lib.rows.novelty import Near, NoveltyFilter

PROMPTS_IN_A_BATCH = 32
CALL_IS_OVER = 100
"""I-SHEEP's published code asks for 32 prompts at a time, and ends a call as soon as it has kept 100 rows."""


class KnownInstructions:
    """The instructions that are known: `admit` tells whether another is new, and then knows it, too.

    `scope` run: seeds and all that was ever kept; iteration: seeds and what this iteration kept (I-SHEEP's published
    runs of two processes); call: seeds and what the call in progress kept (its main published runs, in which
    near-duplicates came through: each call forgot the rows of the calls before).
    """

    def __init__(
        self, threshold: float, scope: str, seeds: Path, earlier: Iterable[Path], kept_before: Iterable[Path]
    ) -> None:
        self._threshold = threshold
        self._forgets = scope == "call"
        self._files = [seeds, *(earlier if scope == "run" else ()), *(() if self._forgets else kept_before)]
        self._batch = self._kept = 0
        self._begin()

    def admit(self, row: Row, request: int) -> Near | None:
        """Return the closest known instruction if the row's is too close to it; else know the row's and return None.

        `request` is the place of the row's request in its round, from 0; rows come in the order of requests.
        """
        if self._forgets and self._kept >= CALL_IS_OVER and request // PROMPTS_IN_A_BATCH > self._batch:
            self._begin()
        self._batch = request // PROMPTS_IN_A_BATCH
        near = self._novelty.admit(row["id"], row["instruction"])
        self._kept += near is None
        return near

    def _begin(self) -> None:
        self._novelty = NoveltyFilter(self._threshold)
        for file in self._files:
            for row in read_text_rows(file, "instruction"):
                self._novelty.add_known(row["id"], row["instruction"])
        self._batch = self._kept = 0
