"""Turn what a model wrote about topics into questions: each line by named rules, one for each topic of a type.

    python -m scripts.self_align.collect_questions --requests requests.jsonl --completions completions_1_of_1.jsonl \\
        --topics topics.jsonl --output questions.jsonl --rejected questions_rejected.jsonl

A topic that got no line stands in the rejected file, too.
"""

import argparse
from collections.abc import Iterator
from itertools import zip_longest

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.engines.written import written
from scripts.lib.errors import UserError
from scripts.lib.rows.held_out import HELD_OUT, read_held_out
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.makers import made_by
from scripts.lib.rows.sifting import sift
from scripts.lib.rows.tasks import same_task
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.prompts import Question
from scripts.self_align.questions import (
    ASKED_ALREADY,
    MARK,
    NOT_WRITTEN,
    asked_together,
    parse_questions,
    question_request,
)
from scripts.self_align.settings import Questions


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--requests", type=INPUT, required=True, help="the requests, in whose order questions are taken")
    add("--completions", type=INPUT, nargs="+", required=True, help="what the model wrote, one file per shard")
    add("--topics", type=INPUT, required=True, help="the topics that were asked about")
    add("--held-out", type=INPUT, nargs="*", default=[], help="tasks that must never be trained on")
    add_options(parser, Questions, "examples", "wanted", "keep_last")
    add("--output", type=OUTPUT, required=True, help="questions to write: instructions with their type and topic")
    add("--rejected", type=OUTPUT, required=True, help="rejected lines to write, each with its rule")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the questions and what is none."""
    held_out = read_held_out(args.held_out)
    asked: set[tuple[str, str]] = set()
    faults: dict[str, Verdict] = {}

    def verdict_on(row: Row) -> Verdict | None:
        if row["id"] in faults:
            return faults.pop(row["id"])
        about = (row["question_type"], row["topic"].lower())
        if about in asked:
            return Verdict(ASKED_ALREADY)
        if same_task(row) in held_out:
            return Verdict(HELD_OUT)
        asked.add(about)
        return None

    sift(args, lines(args, faults), verdict_on, "take a larger model", sources=args.completions)


def lines(args: argparse.Namespace, faults: dict[str, Verdict]) -> Iterator[Row]:
    """Yield every line as a row, and each topic that got none; why one is no question is put into `faults`."""
    first = args.examples + 1
    for request, completion, topics in asked(args):
        made = completion["made_by"]
        wanted = [Question(topic["question_type"], topic["topic"]) for topic in topics]
        cut_off = completion["finish_reason"] == "length" or args.keep_last == "never"
        written_for = set()
        for line in parse_questions(completion["text"], wanted, first, cut_off=cut_off):
            identity = f"{request}-{line.number:02d}"
            written_for.add(line.wanted)
            if line.reason is not None:
                faults[identity] = Verdict(line.reason, {"text": line.text})
            if line.wanted is None:
                yield {"id": identity, "made_by": {"instruction": made}}
            else:
                makers = made_by(topics[line.wanted], "instruction", made, str(args.topics))
                yield {
                    "id": identity,
                    "instruction": line.instruction,
                    "input": "",
                    "question_type": wanted[line.wanted].question_type,
                    "topic": wanted[line.wanted].topic,
                    "made_by": makers,
                }
        for place in sorted(set(range(len(topics))) - written_for):
            identity = f"{request}-topic-{first + place:02d}"
            faults[identity] = Verdict(NOT_WRITTEN)
            yield {**topics[place], "id": identity, "of": topics[place]["id"]}


def asked(args: argparse.Namespace) -> Iterator[tuple[str, Row, list[Row]]]:
    """Yield the id of each request with its completion and the topics that it asks about.

    Raises UserError where the requests were made from other topics, or with other numbers of examples and topics.
    """
    pairs = zip_longest(written(args.requests, args.completions), asked_together(args.topics, args.wanted))
    for number, (found, topics) in enumerate(pairs, start=1):
        (identity, prompt), completion = found or (("", ""), {})
        if not topics or not asks(identity, prompt, number, topics[0], args.examples):
            raise UserError(
                f"{args.requests}: these requests do not ask about {args.topics}, {args.wanted} topics (--wanted) "
                f"behind {args.examples} examples (--examples); plan them again, or give what they were planned with"
            )
        yield identity, completion, topics


def asks(identity: str, prompt: str, number: int, topic: Row, examples: int) -> bool:
    """Return whether a request is the one of this number, and begins with a question about this topic."""
    begun = Question(topic["question_type"], topic["topic"]).hint(examples + 1)
    return identity == question_request(number) and prompt.endswith(f"\n{begun}, {MARK}")


if __name__ == "__main__":
    cli.run(main, parser())
