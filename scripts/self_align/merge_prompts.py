"""Put written instructions and questions together as prompts: equal ones once, in the shares wanted, shuffled.

    python -m scripts.self_align.merge_prompts --instructions instructions.jsonl --questions questions.jsonl \\
        --output prompts.jsonl --rejected prompts_rejected.jsonl

Each row says in `origin` which it is: self_instruct or topic_guided.
"""

import argparse

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.errors import UserError
from scripts.lib.rows.held_out import HELD_OUT, read_held_out
from scripts.lib.rows.jsonl import read_text_rows
from scripts.lib.rows.sifting import sift
from scripts.lib.rows.tasks import same_task
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.self_align.pool import SELF_INSTRUCT, TOPIC_GUIDED, PromptPool
from scripts.self_align.settings import Prompts


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--instructions", type=INPUT, nargs="*", default=[], help="instructions that were written from seeds")
    add("--questions", type=INPUT, nargs="*", default=[], help="questions of types and topics")
    add("--held-out", type=INPUT, nargs="*", default=[], help="tasks that must never be trained on")
    add_options(parser, Prompts, "deduplicate", "shard_rows", "most", "topic_guided_share")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="prompts to write")
    add("--rejected", type=OUTPUT, required=True, help="rejected rows to write, each with its rule")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the prompts and what is none."""
    files = [*args.instructions, *args.questions]
    if not files:
        raise UserError("--instructions, --questions: there is no file to take prompts from; give one or more")
    pool = read_pool(args)
    pool.reject_repeated(args.deduplicate, args.shard_rows)
    if args.topic_guided_share is not None:
        pool.cut_to_share(args.topic_guided_share)
    if args.most is not None:
        pool.cut_to(args.most)
    sift(args, pool.rows(), pool.verdict_on, "make more instructions or questions", sources=files)


def read_pool(args: argparse.Namespace) -> PromptPool:
    """Return all rows with their origin, and what is a held-out task rejected."""
    held_out = read_held_out(args.held_out)
    pool = PromptPool(args.seed)
    for origin, files in {SELF_INSTRUCT: args.instructions, TOPIC_GUIDED: args.questions}.items():
        for file in files:
            for row in read_text_rows(file, "instruction", "input"):
                verdict = Verdict(HELD_OUT) if same_task(row) in held_out else None
                pool.add({**row, "origin": origin}, verdict, str(file))
    return pool


if __name__ == "__main__":
    cli.run(main, parser())
