"""Turn a round of lists into instructions: each line by named rules, and what is new is kept.

    python -m scripts.autoif.collect_instructions --requests requests.jsonl --completions completions_1_of_1.jsonl \\
        --seeds config/seeds/constraints.jsonl --output kept.jsonl --rejected rejected.jsonl

New is what is not too close (ROUGE-L) to a seed or to what was kept before it. Texts are read in the order of their
ids; what the rounds before kept and rejected is carried over.
"""

import argparse
from collections.abc import Iterator

from scripts.autoif.instructions import parse_instructions, read_instructions
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.written import written
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.self_instruct.known import KnownInstructions
from scripts.lib.self_instruct.rounds import write_round
from scripts.lib.self_instruct.settings import Novelty


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--requests", type=INPUT, required=True, help="the requests of the round, in whose order lists are read")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add("--seeds", type=INPUT, required=True, help="instructions written by hand: rows with an instruction each")
    add("--kept-before", type=INPUT, nargs="*", default=[], help="the instructions kept in the rounds before")
    add("--rejected-before", type=INPUT, nargs="*", default=[], help="lines rejected in them")
    add_options(parser, Novelty, "threshold", "scope")
    add("--output", type=OUTPUT, required=True, help="instructions kept so far, without the seeds")
    add("--rejected", type=OUTPUT, required=True, help="lines rejected so far, each with its rule")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write what was kept and rejected so far."""
    count = write_round(args, judged(args))
    cli.say_where(args.output, f"{count} instructions written so far")


def judged(args: argparse.Namespace) -> Iterator[tuple[Row, Verdict | None]]:
    """Yield every line of the round, and why it is rejected if it is; what passes is known to later ones."""
    for _ in read_instructions(args.seeds):  # a bad one is named before anything else is read
        pass
    known = KnownInstructions(args.threshold, args.scope, args.seeds, (), args.kept_before)
    for place, row, fault in lines(args):
        near = None if fault else known.admit(row, place)
        yield row, fault or (near.verdict() if near else None)


def lines(args: argparse.Namespace) -> Iterator[tuple[int, Row, Verdict | None]]:
    """Yield every line of the round as a row, behind the place of its request, and why it is no instruction if so."""
    for place, ((request, _), completion) in enumerate(written(args.requests, args.completions)):
        cut_off = completion["finish_reason"] == "length"
        for item in parse_instructions(completion["text"], cut_off=cut_off):
            row = {
                "id": f"{request}-{item.number:02d}",
                "instruction": item.instruction,
                "made_by": {"instruction": completion["made_by"]},
            }
            yield place, row, Verdict(item.reason) if item.reason else None


if __name__ == "__main__":
    cli.run(main, parser())
