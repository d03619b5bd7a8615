"""Turn a round of lists into topics: each line by named rules, and what its type does not have yet is kept.

    python -m scripts.self_align.collect_topics --requests requests.jsonl --completions completions_1_of_1.jsonl \\
        --seeds config/seeds/questions.jsonl --round 1 --output topics.jsonl --rejected rejected.jsonl

The topics of the seeds and of the rounds before come first, then the new ones in the order of requests.
"""

import argparse
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.engines.written import written
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_rows, row_writer
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.settings import Topics
from scripts.self_align.topics import (
    KNOWN_TOPIC,
    Known,
    known_topics,
    parse_topics,
    read_seed_questions,
    type_of_request,
    types_of,
)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--requests", type=INPUT, required=True, help="the requests of the round, in whose order topics are taken")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add("--seeds", type=INPUT, required=True, help="seed questions: rows of question_type, topic and instruction")
    add("--known-before", type=INPUT, nargs="*", default=[], help="the topics of the round before")
    add("--rejected-before", type=INPUT, nargs="*", default=[], help="lines rejected in the rounds before")
    add("--round", type=checked(Count), required=True, help="the round, from 1")
    add_options(parser, Topics, "keep_last")
    add("--output", type=OUTPUT, required=True, help="topics that are known so far")
    add("--rejected", type=OUTPUT, required=True, help="lines rejected so far, each with its rule")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write known and new topics, and rejected lines."""
    seeds = read_seed_questions(args.seeds)
    types = types_of(seeds)
    known = {question_type: Known() for question_type in types}
    counts = Counts()
    with row_writer(args.output) as kept, row_writer(args.rejected) as rejected:
        for row in known_topics(seeds, args.known_before):
            if known[row["question_type"]].admit(row["topic"]):
                kept.write(row)
            else:
                rejected.write(Verdict(KNOWN_TOPIC).on(row))
        for file in args.rejected_before:
            for row in read_rows(file):
                rejected.write(row)
        for row, verdict in counts.watch(lines(args, types)):
            if verdict is None and not known[row["question_type"]].admit(row["topic"]):
                verdict = Verdict(KNOWN_TOPIC)
            if verdict is None:
                counts.keep()
                kept.write(row)
            else:
                counts.reject(verdict.rule)
                rejected.write(verdict.on(row))
    counts.report(None)
    cli.say_where(args.output, f"{kept.count} topics known so far")


def lines(args: argparse.Namespace, types: list[str]) -> Iterator[tuple[Row, Verdict | None]]:
    """Yield every line of the round as a row, and why it is no topic, if it is none.

    Raises UserError for a request that asks for topics of a type that no seed has.
    """
    for (request, prompt), completion in written(args.requests, args.completions):
        question_type = type_of_request(request, types)
        if question_type is None or question_type not in prompt:
            raise UserError(
                f"{args.requests}: the request {request!r} asks for topics of no type of {args.seeds}; delete "
                "the file if it was made with other seeds, and run again"
            )
        cut_off = completion["finish_reason"] == "length" and args.keep_last == "if_complete"
        for line in parse_topics(completion["text"], cut_off=cut_off):
            row = {
                "id": f"{request}-{line.number:02d}",
                "question_type": question_type,
                "topic": line.topic,
                "round": args.round,
                "made_by": {"topic": completion["made_by"]},
            }
            yield row, Verdict(line.reason) if line.reason else None


if __name__ == "__main__":
    cli.run(main, parser())
