"""SQuAD 2 as lm-eval asks it, scored by the official script as transformers has it."""

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from lm_eval.tasks.squadv2.task import SQuAD2
from transformers.data.metrics.squad_metrics import squad_evaluate

Pair = tuple[dict[str, Any], dict[str, Any]]
"""What was answered, and what is right."""


class Squad2(SQuAD2):
    """The task of lm-eval, whose own way would load a program from the hub once all is generated."""

    def aggregation(self) -> dict[str, Callable[[Sequence[Pair]], float]]:
        """Return for each metric what computes it from all documents, in percent."""
        return {metric: partial(squad, metric) for metric in super().aggregation()}


def squad(metric: str, pairs: Sequence[Pair]) -> float:
    """Return one metric of the official script, in percent; 0 of documents that there are none of."""
    examples = [
        SimpleNamespace(qas_id=right["id"], answers=[{"text": text} for text in right["answers"]["text"]])
        for _, right in pairs
    ]
    texts = {answered["id"]: answered["prediction_text"] for answered, _ in pairs}
    unanswerable = {answered["id"]: answered["no_answer_probability"] for answered, _ in pairs}
    return float(squad_evaluate(examples, texts, unanswerable).get(metric, 0))
