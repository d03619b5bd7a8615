"""Make prompts of tasks or chats that are given: cleaned, neither too short nor too long, equal ones once, shuffled.

    python -m scripts.self_align.clean_prompts --input chats.jsonl tasks.jsonl --model results/tiny/iter0/merged \\
        --output prompts.jsonl --rejected prompts_rejected.jsonl

Rows may have any form that seeds may have; of a chat, the first task is taken. Outputs and other fields are left out.
"""

import argparse

from tqdm import tqdm

from scripts.lib import cli
from scripts.lib.config.options import add_options, check_together
from scripts.lib.config.sections import Run
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import plain_text
from scripts.lib.models.tokens import token_ids
from scripts.lib.rows.held_out import HELD_OUT, read_held_out
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.seeds import seed_rows
from scripts.lib.rows.sifting import sift
from scripts.lib.rows.tasks import join, same_task
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT
from scripts.self_align.cleaning import TOO_FEW_TOKENS, TOO_MANY_TOKENS, cleaned
from scripts.self_align.pool import GIVEN, PromptPool
from scripts.self_align.settings import Prompts


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
    names = ", ".join(map(str, args.input))
    sift(args, pool.rows(), pool.verdict_on, more=lambda: {"cleaned": changed}, source=names)


def read_pool(args: argparse.Namespace) -> tuple[PromptPool, int]:
    """Return the cleaned rows of all files, with what is too short, too long or held out rejected; and how many rows
    cleaning has changed."""
    held_out = read_held_out(args.held_out)
    tokenizer = load_tokenizer(load_manifest(args.model).directory)
    pool, changed = PromptPool(args.seed), 0

    def verdict_on(row: Row, given: str) -> Verdict | None:
        tokens = len(token_ids(tokenizer, plain_text(join(row["instruction"], row["input"]))))
        if tokens < args.least_tokens:
            return Verdict(TOO_FEW_TOKENS, {"tokens": tokens, "given": given})
        if tokens > args.most_tokens:
            return Verdict(TOO_MANY_TOKENS, {"tokens": tokens})
        return Verdict(HELD_OUT) if same_task(row) in held_out else None

    for given, _ in tqdm(seed_rows(args.input), unit=" rows", mininterval=0.5, delay=1, leave=False):
        instruction = cleaned(given["instruction"])
        changed += instruction != given["instruction"].strip()
        row = {"id": given["id"], "instruction": instruction, "input": given["input"], "origin": GIVEN}
        pool.add(row, verdict_on(row, given["instruction"]), ", ".join(map(str, args.input)))
    return pool, changed


if __name__ == "__main__":
    cli.run(main, parser())
