"""Pairs of answers to one prompt: one that follows its instruction, and one that none of its functions accepts."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, product

from scripts.autoif.settings import Bar
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.on_disk import RowsOnDisk
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.verdicts import Verdict

NO_VERDICT = Reason(
    "no_verdict",
    "no function decides about it, so that it is neither better nor worse than another",
    "look at the functions with scripts.verify, or ask more of cross_validation, which rejects such functions",
)
HALF_FOLLOWED = Reason(
    "half_followed",
    "some functions accept it, but too few for it to be chosen, and too many for it to be rejected",
    "lower pairs.chosen (--chosen), or leave it so",
)
NO_PARTNER = Reason(
    "no_partner",
    "all answers to its prompt that could be in a pair are chosen ones, or all are rejected ones",
    "raise the samples of the answers, or draw them at a higher temperature, so that they differ more",
)
NOT_DRAWN = Reason(
    "not_drawn",
    "its prompt has more such answers than are drawn for pairs",
    "raise pairs.most (--most), if more answers of a prompt are to be trained on",
)
REASONS = (NO_VERDICT, HALF_FOLLOWED, NO_PARTNER, NOT_DRAWN)

Judged = tuple[Row, Verdict | None]


@dataclass(frozen=True)
class Pairing:
    """Which answers are chosen, of how many of a prompt pairs are made, and the seed that draws them (Pairs)."""

    chosen: float
    bar: Bar
    most: int
    seed: int

    def side_of(self, row: Row) -> bool | None:
        """Return whether an answer is a chosen one (True) or a rejected one (False), None if it is neither.

        What no function accepts is never chosen, even where the bar is 0.
        """
        accuracy = row["accuracy"]
        if accuracy is None:
            return None
        if accuracy == 0:
            return False
        passes = accuracy > self.chosen if self.bar == "above" else accuracy >= self.chosen
        return True if passes else None


def by_prompt(answers: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the answers to each prompt (`prompt_id`), which may stand in several places; they wait on disk."""
    found = RowsOnDisk()
    for name, together in groupby(answers, key=lambda row: str(row["prompt_id"])):
        before = found[name]["answers"] if name in found else []
        found.put(name, {"answers": [*before, *together]})
    for name in found:
        yield found[name]["answers"]


def paired(answers: list[Row], pairing: Pairing) -> Iterator[Judged]:
    """Yield the pairs of the answers to one prompt, and every answer that is in none, with the reason."""
    sides: dict[bool | None, list[Row]] = {True: [], False: [], None: []}
    for row in answers:
        sides[pairing.side_of(row)].append(row)
    for row in sides[None]:
        undecided = row["accuracy"] is None
        yield row, Verdict(NO_VERDICT) if undecided else Verdict(HALF_FOLLOWED, {"accuracy": row["accuracy"]})
    chosen, rejected = sides[True], sides[False]
    if not (chosen and rejected):
        yield from ((row, Verdict(NO_PARTNER, {"accuracy": row["accuracy"]})) for row in (*chosen, *rejected))
        return
    rng = random.Random(seed_of(pairing.seed, f"{answers[0]['prompt_id']}/pairs"))
    drawn = [rng.sample(side, min(pairing.most, len(side))) for side in (chosen, rejected)]
    for number, (better, worse) in enumerate(product(*drawn), start=1):
        yield pair_of(better, worse, number), None
    taken = {row["id"] for side in drawn for row in side}
    yield from ((row, Verdict(NOT_DRAWN)) for row in (*chosen, *rejected) if row["id"] not in taken)


def pair_of(better: Row, worse: Row, number: int) -> Row:
    """Return a pair as it is trained on: `output` is the chosen one, `rejected_output` the other."""
    about = ("query", "constraint", "constraint_id")
    makers = {"output": better, "rejected_output": worse}
    return {
        "id": f"{better['prompt_id']}/pair-{number}",
        "instruction": better["instruction"],
        "input": better["input"],
        "output": better["output"],
        "rejected_output": worse["output"],
        **{name: better[name] for name in about if name in better},
        "prompt_id": better["prompt_id"],
        "chosen_id": better["id"],
        "rejected_id": worse["id"],
        "accuracy": better["accuracy"],
        "made_by": {name: maker for name, row in makers.items() if (maker := _maker(row)) is not None},
    }


def _maker(row: Row) -> Row | None:
    """Return what made an answer: the model, where its row says so."""
    made_by = row.get("made_by")
    return made_by.get("output", made_by) if isinstance(made_by, dict) else None
