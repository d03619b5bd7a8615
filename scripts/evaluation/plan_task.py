"""Write the requests by which a task of lm-eval is asked of a model.

    python -m scripts.evaluation.plan_task --task gsm8k --model results/tiny/iter0/merged --format base \\
        --output requests.jsonl

lm-eval is run once with made-up answers: so it asks all that it will ask, and shows before anything is generated that
it can score what comes back. A task that our requests cannot express, or that needs what is not there, is refused.
"""

import argparse
from collections.abc import Callable

from scripts.evaluation.installed import check_installed
from scripts.evaluation.options import add_task_options
from scripts.lib import cli
from scripts.lib.engines.requests import Request
from scripts.lib.engines.texts import Texts
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_task_options(parser)
    parser.add_argument("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write all requests of the task."""
    check_installed()
    from scripts.evaluation.asking import Asking
    from scripts.evaluation.data import exported
    from scripts.evaluation.loading import load_tasks
    from scripts.evaluation.recorded import run_tasks

    folder, _ = exported(args.data)
    loaded = load_tasks(args.task, folder, args.num_fewshot)
    asking = Asking(Texts(load_manifest(args.model).directory), args.format, args.seed, args.max_tokens)
    asked: dict[str, Request] = {}
    try:
        run_tasks(loaded, asking, made_up(asked), args.limit)
    except UserError:
        raise
    except Exception as error:  # tasks are code of many people, and fail in any way
        told = " ".join(str(error).split())
        raise UserError(
            f"{args.task}: lm-eval cannot ask or score it here ({type(error).__name__}: {told[:300]}); "
            "docs/evaluation.md says what some tasks need"
        ) from error
    count = write_rows(args.output, (request.to_row() for request in asked.values()))
    cut = f", of which {asking.cut.total()} are cut off at the beginning" if asking.cut.total() else ""
    cli.say_where(args.output, f"{count} requests in {args.format} format{cut}")


def made_up(asked: dict[str, Request]) -> Callable[[Request], Row]:
    """Return what answers each request with nothing that a model said, and puts it among those that were asked."""

    def answer(request: Request) -> Row:
        asked[request.id] = request
        choices = len(request.continuations)
        return {"text": "Yes.", "loglikelihoods": [-1.0] * choices, "greedy": [False] * choices}

    return answer


if __name__ == "__main__":
    cli.run(main, parser())
