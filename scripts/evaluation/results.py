"""What lm-eval returns, as rows and numbers that a file can hold."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import Row

WITHOUT_FILTER = ",none"


def metrics_by_task(results: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return for each task, and for a group as a whole, its metrics; the error of each is its `_stderr`.

    A metric after a filter is named with it: "exact_match,strict-match". What lm-eval cannot tell is null.
    """
    return {
        task: {
            name.removesuffix(WITHOUT_FILTER): None if value == "N/A" else plain(value)
            for name, value in found.items()
            if "," in name
        }
        for task, found in results.items()
    }


def shares(results: Mapping[str, Mapping[str, Any]], samples: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Return the metrics that are shares: every document's value lies between 0 and 1, and so does that of all."""
    of_documents: dict[str, list[Any]] = {}
    for sample in (sample for found in samples.values() for sample in found):
        for metric in sample["metrics"]:
            name = f"{metric},{sample['filter']}".removesuffix(WITHOUT_FILTER)
            of_documents.setdefault(name, []).extend(_leaves(plain(sample[metric])))
    metrics = metrics_by_task(results).values()
    return [
        name
        for name, values in of_documents.items()
        if all(_is_share(value) for value in [*values, *(found[name] for found in metrics if name in found)])
    ]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def document_rows(
    samples: Mapping[str, Sequence[Mapping[str, Any]]], asked: Mapping[str, tuple[Request, Row]]
) -> Iterator[Row]:
    """Yield one row for each document: all that was asked about it, what was answered, its target and metrics."""
    by_document: dict[str, list[Row]] = {}
    for name, (request, row) in asked.items():
        by_document.setdefault(name.rpartition("/")[0], []).append(_answer(request, row))
    for task, found in samples.items():
        filtered: dict[int, list[Mapping[str, Any]]] = {}
        for sample in found:
            filtered.setdefault(sample["doc_id"], []).append(sample)
        for number, own in filtered.items():
            name = f"{task}/{number:06d}"
            yield {
                "id": name,
                "asked": by_document[name],
                "target": plain(own[0]["target"]),
                "metrics": {
                    f"{metric},{sample['filter']}".removesuffix(WITHOUT_FILTER): plain(sample[metric])
                    for sample in own
                    for metric in sample["metrics"]
                },
            }


def _answer(request: Request, row: Row) -> Row:
    if request.task == "generate":
        return {"prompt": request.prompt, "text": row["text"], "finish_reason": row["finish_reason"]}
    followed = {"continuations": list(request.continuations), "loglikelihoods": row["loglikelihoods"]}
    return {"prompt": request.prompt, **followed}


def plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers of NumPy as numbers, what is no number (NaN) as null, all else as text."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)
