"""Make prompts of tasks or chats that are given: cleaned, neither too short nor too long, equal ones once, shuffled.

    python -m scripts.self_align.clean_prompts --input chats.jsonl tasks.jsonl --model results/tiny/iter0/merged \\
        --output prompts.jsonl --rejected prompts_rejected.jsonl

Rows may have any form that seeds may have; of a chat, the first task is taken. Outputs and other fields are left out.
A row in which nobody asks anything is rejected as it is.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from scripts.lib import cli
from scripts.lib.config.options import add_options, check_together
from scripts.lib.config.sections import Run
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.token_counts import TokenCounter, token_counter
from scripts.lib.rows.held_out import HELD_OUT, read_held_out
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.seed_forms import as_seed
from scripts.lib.rows.seeds import task_rows
from scripts.lib.rows.sifting import sift
from scripts.lib.rows.tasks import NoTask, join, same_task
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT
from scripts.self_align.cleaning import NO_TASK, TOO_FEW_TOKENS, TOO_MANY_TOKENS, cleaned
from scripts.self_align.pool import GIVEN, PromptPool
from scripts.self_align.settings import Prompts

BATCH = 1000
"""Prompts that are tokenised together."""

Task = tuple[str, Row, str | None]
"""The place of a row, the row, and its instruction as it was given, if it has one."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, nargs="+", required=True, help="tasks or chats: JSONL or a JSON array")
    add("--model", type=MODEL, required=True, help="manifest of the model whose tokens measure the prompts")
    add("--held-out", type=INPUT, nargs="*", default=[], help="tasks that must never be trained on")
    add_options(parser, Prompts, "deduplicate", "shard_rows", "most", "least_tokens", "most_tokens")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="prompts to write")
    add("--rejected", type=OUTPUT, required=True, help="rejected rows to write, each with its rule")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the prompts and what is none."""
    check_together(Prompts, args, "least_tokens", "most_tokens")
    pool, changed = read_pool(args)
    pool.reject_repeated(args.deduplicate, args.shard_rows)
    if args.most is not None:
        pool.cut_to(args.most)
    sift(args, pool.rows(), pool.verdict_on, more=lambda: {"cleaned": changed}, sources=args.input)


def read_pool(args: argparse.Namespace) -> tuple[PromptPool, int]:
    """Return the rows of all files, cleaned, and how many cleaning has changed.

    What is no task, too short, too long or held out is rejected already.
    """
    held_out = read_held_out(args.held_out)
    count_tokens = token_counter(load_manifest(args.model).directory)
    pool, changed = PromptPool(args.seed), 0
    for place, row, given, tokens in measured(tasks(args.input), count_tokens):
        changed += given is not None and row["instruction"] != given.strip()
        pool.add(row, verdict_on(args, row, given, tokens, held_out), place)
    return pool, changed


def tasks(files: list[Path]) -> Iterator[Task]:
    """Yield every row of the files cleaned, with its place and its instruction as it was given.

    A row in which nobody asks anything is left as it is, and no instruction was given.
    """
    for place, row in task_rows(files):
        try:
            seed, _ = as_seed(row, place)
        except NoTask:
            yield place, row, None
        else:
            instruction = cleaned(seed["instruction"])
            task = {"id": seed["id"], "instruction": instruction, "input": seed["input"], "origin": GIVEN}
            yield place, task, seed["instruction"]


def measured(rows: Iterator[Task], count_tokens: TokenCounter) -> Iterator[tuple[str, Row, str | None, int]]:
    """Yield the rows of `tasks`, each with its number of tokens: 0 where there is no task."""
    while batch := list(islice(rows, BATCH)):
        texts = ["" if given is None else join(row["instruction"], row["input"]) for _, row, given in batch]
        for task, tokens in zip(batch, count_tokens(texts), strict=True):
            yield *task, tokens


def verdict_on(
    args: argparse.Namespace, row: Row, given: str | None, tokens: int, held_out: set[str]
) -> Verdict | None:
    """Return what there is against a row, whatever the others are."""
    if given is None:
        return Verdict(NO_TASK)
    if tokens < args.least_tokens:
        return Verdict(TOO_FEW_TOKENS, {"tokens": tokens, "given": given})
    if tokens > args.most_tokens:
        return Verdict(TOO_MANY_TOKENS, {"tokens": tokens})
    return Verdict(HELD_OUT) if same_task(row) in held_out else None


if __name__ == "__main__":
    cli.run(main, parser())
