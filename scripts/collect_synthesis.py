"""Turn a round of synthesis into rows: parse each text, apply the rules by name, keep what is new.

    python -m scripts.collect_synthesis --requests requests.jsonl --completions completions_1_of_1.jsonl \\
        --seeds seeds.jsonl --iteration 1 --output kept.jsonl --rejected rejected.jsonl

Texts are read in the order of their ids, so that the rows do not depend on how many shards made them.
Rows of this iteration's earlier rounds are carried over, kept and rejected alike.
"""

import argparse
from collections.abc import Callable, Iterator

from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.engines.gather import WRITTEN, completion_of, gather
from scripts.lib.rows.held_out import HELD_OUT, read_held_out
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.rows.rules import first_failing
from scripts.lib.rows.tasks import same_task
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.self_instruct.known import KnownInstructions
from scripts.lib.self_instruct.parsing import Entry, Malformed, parse_tasks
from scripts.lib.self_instruct.prompts import task_key
from scripts.lib.self_instruct.rounds import write_round
from scripts.lib.self_instruct.rules import RULES
from scripts.lib.self_instruct.settings import Novelty, Synthesis


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--requests", type=INPUT, required=True, help="the requests of the round, in whose order rows are made")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add("--seeds", type=INPUT, required=True, help="seed tasks; what is too close to one is not new")
    add("--earlier", type=INPUT, nargs="*", default=[], help="new instructions of earlier iterations")
    add("--held-out", type=INPUT, nargs="*", default=[], help="tasks that must never be trained on")
    add("--kept-before", type=INPUT, nargs="*", default=[], help="rows kept in this iteration's earlier rounds")
    add("--rejected-before", type=INPUT, nargs="*", default=[], help="rows rejected in them")
    add("--iteration", type=checked(Count), required=True, help="the iteration that the rows belong to")
    add_options(parser, Synthesis, "examples", "keep_last")
    add_options(parser, Novelty, "threshold", "scope")
    add("--output", type=OUTPUT, required=True, help="rows kept so far in this iteration")
    add("--rejected", type=OUTPUT, required=True, help="rows rejected so far, each with its rule")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write kept and rejected rows."""
    verdict_on = verdicts(args)
    count = write_round(args, ((row, no_task or verdict_on(row, request)) for request, row, no_task in parsed(args)))
    cli.say_where(args.output, f"{count} rows kept so far")


def parsed(args: argparse.Namespace) -> Iterator[tuple[int, Row, Verdict | None]]:
    """Yield every piece of the round as a row, behind the place of its request, from 0.

    For one that is no task, also why; it then has no instruction.
    """
    completions = gather(args.completions, WRITTEN)
    for place, request in enumerate(sorted(row["id"] for row in read_rows(args.requests))):
        completion = completion_of(completions, request, args.completions)
        made = {"instruction": completion["made_by"]}
        for entry in parse_tasks(
            completion["text"],
            args.examples + 1,
            finish_reason=completion["finish_reason"],
            keep_last_if_complete=args.keep_last == "if_complete",
        ):
            content, no_task = content_of(entry)
            yield (
                place,
                {"id": task_key(request, entry.number), **content, "iteration": args.iteration, "made_by": made},
                no_task,
            )


def content_of(entry: Entry | Malformed) -> tuple[Row, Verdict | None]:
    """Return the part of a row that the model wrote, and why it is no task, if it is none."""
    if isinstance(entry, Malformed):
        return {}, Verdict(entry.reason, {"text": entry.text})
    return {"instruction": entry.instruction, "input": entry.input}, None


def verdicts(args: argparse.Namespace) -> Callable[[Row, int], Verdict | None]:
    """Return what decides about a row of a request: rules, held-out tasks, and novelty, which learns what passes."""
    held_out = read_held_out(args.held_out)
    known = KnownInstructions(args.threshold, args.scope, args.seeds, args.earlier, args.kept_before)

    def verdict_on(row: Row, request: int) -> Verdict | None:
        if failing := first_failing(row, RULES):
            return failing
        if same_task(row) in held_out:
            return Verdict(HELD_OUT)
        near = known.admit(row, request)
        return near.verdict() if near else None

    return verdict_on


if __name__ == "__main__":
    cli.run(main, parser())
