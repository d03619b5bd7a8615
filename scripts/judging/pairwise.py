"""An answer beside a reference answer: what the judge is asked, and which of the two it prefers.

As in AlpacaEval (arXiv 2404.04475), a verdict is the probability of one of two labels; as in MT-Bench (arXiv
2306.05685, section 3.4), both orders of a pair are judged, and only what is preferred in both has won.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from scripts.judging.prompts import ask_together
from scripts.judging.single import rating_prompt
from scripts.lib.engines.gather import SCORED, Completion
from scripts.lib.engines.requests import Request
from scripts.lib.engines.scores import SCORES, expected_score
from scripts.lib.models.plain_text import Ask
from scripts.lib.models.prompting import render
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.shapes import Shape
from scripts.lib.rows.tasks import join

Method = Literal["labels", "ratings"]

COMPARISON_SLOTS = ("instruction", "first", "second")
"""What a template that asks for a comparison leaves open."""

LABELS = ("A", "B")
"""What stands for the first and the second answer in such a template."""

ANSWER, REFERENCE, TIE = "answer", "reference", "tie"

ORDERS = {f"{ANSWER}_first": (ANSWER, REFERENCE), f"{REFERENCE}_first": (REFERENCE, ANSWER)}
"""Both orders of a pair."""

EVEN = 1e-4
"""Preferences this close to one half prefer neither: in another batch, floats differ by less."""

_Probability = Annotated[float, Field(ge=0, le=1.001)]


class _Labels(Shape):
    A: _Probability
    B: _Probability


class _Compared(Completion):
    """The completion of a request for a comparison."""

    probabilities: _Labels


SHAPES: Mapping[Method, TypeAdapter[Any]] = {"labels": TypeAdapter(_Compared), "ratings": SCORED}
"""What the completions of a judge look like."""

SIDES: Mapping[Method, tuple[str, ...]] = {"labels": tuple(ORDERS), "ratings": (ANSWER, REFERENCE)}
"""The requests about one question, by the ends of their ids."""


def verdict_key(row_id: str, side: str) -> str:
    """Return the id of one request for a verdict."""
    return f"{row_id}/{side}"


def verdict_requests(method: Method, template: str, key: str, row: Row, ask: Ask) -> list[Request]:
    """Return the requests about one question: both orders of the pair, or a rating of each answer."""
    texts = {ANSWER: row["output"], REFERENCE: row["reference"]}
    if method == "labels":
        task = join(row["instruction"], row["input"])
        prompts = {
            order: render(template, instruction=task, first=texts[first], second=texts[second])
            for order, (first, second) in ORDERS.items()
        }
    else:
        prompts = {side: rating_prompt(template, row, text) for side, text in texts.items()}
    asked = [(verdict_key(row["id"], side), ask(prompt)) for side, prompt in prompts.items()]
    return ask_together(asked, LABELS if method == "labels" else SCORES, key)


@dataclass(frozen=True)
class Judged:
    """What the judge said about one question.

    `preference` is the probability of the answer being preferred to the reference, the mean over both orders; with
    ratings, that of a score drawn for the one being higher than a score drawn for the other, equal ones counting half.
    It is None where something could not be read. `orders` is the same for each order, where there are two.
    """

    verdicts: dict[str, Row]
    preference: float | None
    orders: dict[str, float]

    @property
    def preferred(self) -> str | None:
        """What won: "answer" or "reference" if both orders prefer it, else "tie"; None if unreadable."""
        if self.preference is None:
            return None
        found = {side_of(preference) for preference in self.orders.values() or [self.preference]}
        return found.pop() if len(found) == 1 else TIE


def judged(method: Method, completions: Mapping[str, Row], minimum_mass: float) -> Judged:
    """Return what the completions about one question (by the sides that `SIDES` names) say.

    Labels or scores that have less probability together than `minimum_mass` cannot be read.
    """
    return (_compared if method == "labels" else _rated)(completions, minimum_mass)


def side_of(preference: float) -> str:
    """Return what a preference for the answer prefers."""
    if abs(preference - 0.5) < EVEN:
        return TIE
    return ANSWER if preference > 0.5 else REFERENCE


def _compared(completions: Mapping[str, Row], minimum_mass: float) -> Judged:
    verdicts, orders = {}, {}
    for order, sides in ORDERS.items():
        probabilities = completions[order]["probabilities"]
        mass = sum(probabilities[label] for label in LABELS)
        readable = mass > 0 and mass >= minimum_mass
        if readable:
            orders[order] = probabilities[LABELS[sides.index(ANSWER)]] / mass
        verdicts[order] = {"probabilities": probabilities, "preference": orders.get(order)}
    if len(orders) < len(ORDERS):
        return Judged(verdicts, None, {})
    return Judged(verdicts, sum(orders.values()) / len(orders), orders)


def _rated(completions: Mapping[str, Row], minimum_mass: float) -> Judged:
    probabilities = {side: completions[side]["probabilities"] for side in (ANSWER, REFERENCE)}
    scores = {side: expected_score(each, minimum_mass) for side, each in probabilities.items()}
    verdicts = {side: {"probabilities": probabilities[side], "score": scores[side]} for side in probabilities}
    if None in scores.values():
        return Judged(verdicts, None, {})
    return Judged(verdicts, sum(_chances_to_win(*probabilities.values())), {})


def _chances_to_win(answer: Mapping[str, float], reference: Mapping[str, float]) -> Iterator[float]:
    """Yield the probability of each pair of scores in which the answer's is higher, and half of that of equal ones."""
    mass = sum(answer.values()) * sum(reference.values())
    for score, probability in answer.items():
        for other, other_probability in reference.items():
            won = 1.0 if int(score) > int(other) else 0.5 if score == other else 0.0
            yield won * probability * other_probability / mass
