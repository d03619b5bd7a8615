"""Score the answers to a task of lm-eval: its metrics, and beside them each document with what was answered.

    python -m scripts.evaluation.score_task --task gsm8k --model results/tiny/iter0/merged --format base \\
        --requests requests.jsonl --completions completions_1_of_1.jsonl --output gsm8k.json --rows gsm8k.jsonl

lm-eval asks once more, and is answered from the completions. Whatever it asks must be what was planned, and must have
been answered: anything else is an error.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from scripts.evaluation.installed import check_installed
from scripts.evaluation.options import add_task_options
from scripts.evaluation.results import document_rows, metrics_by_task, shares
from scripts.lib import cli
from scripts.lib.engines.gather import Followed, Written, completion_of, gather
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.engines.texts import Texts
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.files import write_json
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT, OUTPUT

ANSWERED: TypeAdapter[Any] = TypeAdapter(Written | Followed)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_task_options(parser)
    add = parser.add_argument
    add("--requests", type=INPUT, required=True, help="the requests that plan_task wrote")
    add("--completions", type=INPUT, nargs="+", required=True, help="the answers, one file per shard")
    add("--output", type=OUTPUT, required=True, help="JSON of metrics to write")
    add("--rows", type=OUTPUT, required=True, help="JSONL to write: one row for each document, with its metrics")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the rows, and then the metrics."""
    check_installed()
    from scripts.evaluation.asking import Asking
    from scripts.evaluation.data import exported
    from scripts.evaluation.loading import load_tasks
    from scripts.evaluation.recorded import run_tasks

    folder, data = exported(args.data)
    loaded = load_tasks(args.task, folder, args.num_fewshot)
    asking = Asking(Texts(load_manifest(args.model).directory), args.format, args.seed, args.max_tokens)
    asked: dict[str, tuple[Request, Row]] = {}
    found = run_tasks(loaded, asking, recorded(args, asked), args.limit)
    count = write_rows(args.rows, document_rows(found["samples"], asked))
    origins = Counter(_origin(row) for _, row in asked.values())
    write_json(
        args.output,
        {
            "task": args.task,
            "format": args.format,
            "documents": count,
            "limit": args.limit,
            "cut_prompts": asking.cut.total(),
            "metrics": metrics_by_task(found["results"]),
            "shares": shares(found["results"], found["samples"]),
            "num_fewshot": found["n-shot"],
            "higher_is_better": found["higher_is_better"],
            "versions": {"lm_eval": version("lm_eval"), **found["versions"]},
            "data_sets": data,
            "made_by": [dict(origin) for origin in origins],
        },
    )
    cli.say_where(args.output, f"{count} documents scored")


def recorded(args: argparse.Namespace, asked: dict[str, tuple[Request, Row]]) -> Callable[[Request], Row]:
    """Return what answers a request from the completions, and puts both among those that were asked.

    It raises UserError for a request that was not planned as it is asked now, or that was not answered.
    """
    planned = {request.id: request for request in read_requests(args.requests)}
    completions = gather(args.completions, ANSWERED)

    def answer(request: Request) -> Row:
        if planned.get(request.id) != request:
            raise UserError(
                f"{args.requests}: {request.id} is not what lm-eval asks now; the task, its data or the model have "
                "changed since: delete the file and run again"
            )
        row = completion_of(completions, request.id, args.completions)
        asked[request.id] = request, row
        return row

    return answer


def _origin(completion: Row) -> tuple[tuple[str, Any], ...]:
    """Return what made a completion, without the seed, which each has of its own."""
    return tuple((key, value) for key, value in completion["made_by"].items() if key != "seed")


if __name__ == "__main__":
    cli.run(main, parser())
