"""Does what a function demands, in words, contradict its instruction? Labels of natural language inference.

The premise is the instruction, the hypothesis the back-translation (arXiv 2406.13542, section 3.1, step 5).
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from scripts.lib.engines.gather import Completion
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.shapes import Shape

CONTRADICTION = "contradiction"
LABELS = ("entailment", "neutral", CONTRADICTION)

NOT_TRANSLATED = Reason(
    "not_translated",
    "the model wrote nothing about what the function demands",
    "have the prompt end where the instruction begins, or raise back_translation.max_tokens",
)
CONTRADICTED = Reason(
    "contradicted",
    "what the function demands, in words, contradicts its instruction: no label is more probable",
    "as it should be, or, where most functions fall to it, read their back-translations and the prompt of consistency",
)
SIBLING_CONTRADICTED = Reason(
    "sibling_contradicted",
    "another function of the instruction, which `by` names, contradicts it",
    "set consistency.drop (--drop) to function, to reject that function alone",
)
REASONS = (CONTRADICTED, SIBLING_CONTRADICTED)
"""All that consistency rejects by, in the order in which they are looked for."""

_Probability = Annotated[float, Field(ge=0, le=1.001)]


class _Labels(Shape):
    entailment: _Probability
    neutral: _Probability
    contradiction: _Probability


class _Classified(Completion):
    """What a model says of a function: how probable each label is, with what made it."""

    probabilities: _Labels


CLASSIFIED: TypeAdapter[Any] = TypeAdapter(_Classified)


def first_functions(rows: Sequence[Row], most: int | None) -> Iterator[tuple[Row, bool]]:
    """Yield the functions of an instruction, each with whether it is one of the first that are translated back."""
    for number, row in enumerate(rows):
        yield row, most is None or number < most


def contradicts(probabilities: Row) -> bool:
    """Return whether contradiction is the most probable label."""
    return bool(max(LABELS, key=probabilities.__getitem__) == CONTRADICTION)
