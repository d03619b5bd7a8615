"""lm-eval's view of a model that is not there: it asks, and is answered by whatever answers a request."""

from collections.abc import Callable, Mapping
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.evaluator import evaluate
from lm_eval.tasks.manager import TaskDict

from scripts.evaluation.asking import Asking
from scripts.evaluation.loading import as_lm_eval_does
from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import Row

BOOTSTRAPS = 1000
"""Samples by which the error of a metric that is no mean is estimated."""


class Recorded(LM):
    """Answers what lm-eval asks with rows such as engines give, by request."""

    def __init__(self, asking: Asking, answer: Callable[[Request], Row]) -> None:
        super().__init__()
        self._asking = asking
        self._answer = answer

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Return a text for each request."""
        return [self._answer(asked.request)["text"] for asked in self._asking.generations(requests)]

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Return for each request how probable its continuation is, and whether the model would write it."""
        found: dict[int, tuple[float, bool]] = {}
        for asked in self._asking.loglikelihoods(requests):
            row = self._answer(asked.request)
            found |= zip(asked.places, zip(row["loglikelihoods"], row["greedy"], strict=True), strict=True)
        return [found[place] for place in range(len(requests))]

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Never called: tasks that ask for it are refused."""
        raise NotImplementedError

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """Return messages in the chat template of the model that is asked."""
        return self._asking.rendered(chat_history, add_generation_prompt)

    @property
    def tokenizer_name(self) -> str:
        """A name for caches of lm-eval, which are not used."""
        return self._asking.tokenizer.name_or_path


def run_tasks(
    loaded: TaskDict, asking: Asking, answer: Callable[[Request], Row], limit: int | None
) -> Mapping[str, Any]:
    """Return what lm-eval makes of the answers to all that it asks: results by task, and samples by document."""
    with as_lm_eval_does():
        found = evaluate(
            lm=Recorded(asking, answer),
            task_dict=loaded,
            limit=limit,
            bootstrap_iters=BOOTSTRAPS,
            apply_chat_template=asking.format_name == "chat",
            fewshot_as_multiturn=True,
        )
    assert found is not None
    return found
