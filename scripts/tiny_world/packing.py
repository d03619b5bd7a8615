"""From documents to batches: token ids, the weight of each token in the loss, and who shares a batch."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from scripts.lib.rows.grouping import padded_groups
from scripts.lib.rows.jsonl import Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

CHUNK = 2000
WINDOW = 4000
"""Documents that are sorted by length together; large enough for little padding, small enough to mix."""


@dataclass(frozen=True)
class Encoded:
    """A document as token ids and the weight of each of them in the loss."""

    ids: npt.NDArray[np.int16]
    weights: npt.NDArray[np.float16]


def text_of(document: Row) -> str:
    """Return a document's whole text."""
    return "".join(text for text, _ in document["parts"])


def encode(documents: Sequence[Row], tokenizer: "PreTrainedTokenizerFast", longest: int) -> list[Encoded]:
    """Return every document encoded, cut after `longest` tokens; a token weighs what its first character does."""
    encoded = []
    for start in tqdm(range(0, len(documents), CHUNK), desc="tokens", mininterval=1):
        chunk = documents[start : start + CHUNK]
        result = tokenizer([text_of(row) for row in chunk], return_offsets_mapping=True, add_special_tokens=False)
        for row, ids, offsets in zip(chunk, result["input_ids"], result["offset_mapping"], strict=True):
            ends = np.cumsum([len(text) for text, _ in row["parts"]])
            part = np.searchsorted(ends, np.array(offsets)[:, 0], side="right")
            weights = np.array([weight for _, weight in row["parts"]])[np.minimum(part, len(ends) - 1)]
            encoded.append(Encoded(np.array(ids[:longest], np.int16), weights[:longest].astype(np.float16)))
    return encoded


def batches(documents: Sequence[Encoded], batch_tokens: int, seed: int) -> list[list[int]]:
    """Return the numbers of the documents of every batch: alike in length, in an order drawn from the seed.

    Windows follow each other as the documents do, so that a longer corpus begins with the same batches.
    """
    lengths = [len(document.ids) for document in documents]
    made: list[list[int]] = []
    for start in range(0, len(documents), WINDOW):
        window = range(start, min(start + WINDOW, len(documents)))
        by_length = sorted(window, key=lambda number: lengths[number])
        groups = list(padded_groups(by_length, lengths, batch_tokens))
        random.Random(f"{seed}/{start}").shuffle(groups)
        made += groups
    return made


def padded(documents: Sequence[Encoded], pad: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return ids and weights as two rectangles; padding weighs nothing."""
    longest = max(len(document.ids) for document in documents)
    ids = np.full((len(documents), longest), pad, np.int64)
    weights = np.zeros((len(documents), longest), np.float32)
    for row, document in enumerate(documents):
        ids[row, : len(document.ids)] = document.ids
        weights[row, : len(document.ids)] = document.weights
    return ids, weights
