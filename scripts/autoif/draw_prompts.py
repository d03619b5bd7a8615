"""Put each instruction that functions verify to queries: a prompt asks a query, and to answer it under a constraint.

    python -m scripts.autoif.draw_prompts --functions consistent.jsonl --queries seeds.jsonl \\
        --output prompts.jsonl --rejected prompts_rejected.jsonl

Queries are tasks in any form that scripts.collect_seeds reads, conversations included. Each instruction draws its own,
whatever others there are, and none of them twice. Queries of a wrong length are the rejected rows.
"""

import argparse
import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from scripts.autoif.functions import instructions_of
from scripts.autoif.joining import join_constraint
from scripts.autoif.settings import Queries
from scripts.lib import cli
from scripts.lib.config.options import add_options, check_together
from scripts.lib.config.sections import Run
from scripts.lib.errors import UserError
from scripts.lib.rows.hashing import seed_of
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.seed_forms import as_seed
from scripts.lib.rows.seeds import task_rows
from scripts.lib.rows.sifting import sift_judged
from scripts.lib.rows.tasks import join
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, OUTPUT

SHORT_QUERY = Reason(
    "short_query",
    "the query is too short to be put under a constraint",
    "lower queries.longer_than (--longer-than), or give other queries as seeds",
)
LONG_QUERY = Reason(
    "long_query",
    "the query is too long to be put under a constraint",
    "raise queries.shorter_than (--shorter-than), or give other queries as seeds",
)
REASONS = (SHORT_QUERY, LONG_QUERY)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--functions", type=INPUT, required=True, help="functions with their instructions: each instruction is used")
    add("--queries", type=INPUT, required=True, help="tasks: JSONL, a JSON array, CSV, TSV or Parquet")
    add_options(parser, Queries, "per_instruction", "longer_than", "shorter_than")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="prompts to write")
    add("--rejected", type=OUTPUT, required=True, help="queries of a wrong length, each with its reason")
    add("--counts", type=OUTPUT, help="write how many prompts there are, and queries that were rejected, as JSON")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the prompts, those of an instruction together."""
    check_together(Queries, args, "longer_than", "shorter_than")
    judged = [(row, length_verdict(row["query"], args)) for row in queries(args.queries)]
    fitting = [row for row, verdict in judged if verdict is None]
    if len(fitting) < args.per_instruction:
        raise UserError(
            f"{args.queries}: {len(fitting)} of {len(judged)} queries have from {args.longer_than + 1} to "
            f"{args.shorter_than - 1} characters, and {args.per_instruction} are needed for each instruction; give "
            "more queries, allow other lengths, or lower queries.per_instruction"
        )
    rejected = (each for each in judged if each[1] is not None)
    sift_judged(args, chain(rejected, drawn(args, fitting)), sources=[args.functions, args.queries])


def queries(file: Path) -> Iterator[Row]:
    """Yield each task as a query: its instruction and input as one text."""
    for place, row in task_rows([file]):
        seed, _ = as_seed(row, place)
        yield {**seed, "query": join(seed["instruction"], seed["input"])}


def length_verdict(query: str, args: argparse.Namespace) -> Verdict | None:
    """Return what is wrong with the length of a query."""
    if len(query) <= args.longer_than:
        return Verdict(SHORT_QUERY, {"characters": len(query)})
    return Verdict(LONG_QUERY, {"characters": len(query)}) if len(query) >= args.shorter_than else None


def drawn(args: argparse.Namespace, fitting: list[Row]) -> Iterator[tuple[Row, None]]:
    """Yield the prompts of each instruction."""
    for identity, instruction in instructions_of(args.functions):
        rng = random.Random(seed_of(args.seed, f"{identity}/queries"))
        for query in rng.sample(fitting, args.per_instruction):
            yield prompt_of(identity, instruction, query), None


def prompt_of(identity: str, instruction: str, query: Row) -> Row:
    """Return the prompt of an instruction and a query."""
    return {
        "id": f"{identity}/{query['id']}",
        "instruction": join_constraint(query["query"], instruction),
        "input": "",
        "query": query["query"],
        "constraint": instruction,
        "constraint_id": identity,
    }


if __name__ == "__main__":
    cli.run(main, parser())
