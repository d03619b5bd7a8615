"""Write the requests of one round of synthesis: few-shot prompts that ask a model for new instructions.

    python -m scripts.plan_synthesis --seeds seeds.jsonl --template config/prompts/synthesis/default.txt \\
        --target 100 --iteration 1 --round 1 --output requests.jsonl

The first round goes by the expected yield; later rounds ask only for what is still missing, and for
nothing once the target is reached.
"""

import argparse
import logging
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, check_together, checked
from scripts.lib.config.sections import Run
from scripts.lib.engines.drawing import drawn
from scripts.lib.engines.requests import Request
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import Row, count_rows, read_text_rows, write_rows
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.self_instruct.prompts import (
    TEMPLATE_SLOTS,
    Examples,
    prompts_needed,
    request_key,
    stop_after,
    synthesis_prompt,
)
from scripts.lib.self_instruct.settings import Synthesis

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add(
        "--seeds",
        type=INPUT,
        required=True,
        help="seed tasks, with perplexity and cluster if the choice of examples needs them",
    )
    add(
        "--kept-before",
        type=INPUT,
        nargs="*",
        default=[],
        help="rows kept in this iteration's earlier rounds, with perplexity if examples are chosen from them by it",
    )
    add("--earlier-requests", type=INPUT, nargs="*", default=[], help="the requests of these rounds")
    add("--template", type=INPUT, required=True, help="meta-prompt with the slot {{count}}")
    add("--iteration", type=checked(Count), required=True, help="the iteration that the rows belong to")
    add("--round", type=checked(Count), required=True, help="the round within the iteration, from 1")
    add_options(parser, Synthesis, "target", "expected_yield", "examples", "origin_samples", "few_shot_choice")
    add_options(parser, Synthesis, "stop_after", "never_ends")
    add_options(parser, Synthesis, "temperature", "top_p", "max_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the requests."""
    check_together(Synthesis, args, "examples", "origin_samples", "few_shot_choice", "stop_after")
    kept_before = sum(map(count_rows, args.kept_before))
    asked_before = [count_rows(file) for file in args.earlier_requests]
    count = prompts_needed(args.target - kept_before, args.expected_yield, asked_before, kept_before)
    write_rows(args.output, (request.to_row() for request in requests(args, count)))
    log.info("%d of %d rows kept so far; round %d asks %d times", kept_before, args.target, args.round, count)
    cli.say_where(args.output, f"{count} requests")


def requests(args: argparse.Namespace, count: int) -> Iterator[Request]:
    """Yield `count` requests, each with examples drawn by its own seed."""
    template = read_template(args.template, *TEMPLATE_SLOTS)
    made_with = fingerprint(template)
    seeds: list[Row] = list(read_text_rows(args.seeds, "instruction", "input"))
    kept = [row for file in args.kept_before for row in read_text_rows(file, "instruction", "input")]
    examples = Examples(args.examples, args.origin_samples, args.few_shot_choice)
    for number in range(1, count + 1):
        key = request_key(args.iteration, args.round, number)
        prompt = synthesis_prompt(template, seeds, kept, examples, args.seed, key)
        yield drawn(
            args,
            key,
            prompt,
            template=made_with,
            purpose="prompts",
            stop=(stop_after(args.stop_after),),
            never_ends=args.never_ends,
        )


if __name__ == "__main__":
    cli.run(main, parser())
