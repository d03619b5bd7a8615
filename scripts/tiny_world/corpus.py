"""Write the corpus that the tiny base model is pretrained on: one document a row, in parts with loss weights.

The same seed, number of documents and prompt texts give the same bytes. No document holds a
held-out task.

Example: python -m scripts.tiny_world.corpus --output results/tiny_world/corpus.jsonl
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT_FOLDER, OUTPUT
from scripts.tiny_world.constraints import pages as autoif_pages
from scripts.tiny_world.documents import MIXES, Prompts, document, written
from scripts.tiny_world.unanswerable import pages as self_align_pages

PRINCIPLED = "principled"
"""The mix that SELF-ALIGN's base model goes on with: pages with rules, and tasks without an answer."""


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument("--documents", type=checked(Count), default=146000, help="how many (default: %(default)s)")
    mixes = [*MIXES, PRINCIPLED, *autoif_pages.MIXES]
    result.add_argument("--mix", choices=mixes, default="broad", help="of what kinds (default: %(default)s)")
    result.add_argument("--seed", type=checked(Seed), default=1, help="seed of all documents (default: %(default)s)")
    result.add_argument(
        "--prompts",
        type=INPUT_FOLDER,
        default=Path("config/prompts/tiny"),
        help="folder with the prompts the model will be asked with (default: %(default)s)",
    )
    return result


def main(args: argparse.Namespace) -> None:
    """Draw the documents and write them."""
    page = writer(args)
    documents = (page(number) for number in range(args.documents))
    count = write_rows(args.output, tqdm(documents, total=args.documents, desc="documents", mininterval=1))
    cli.say_where(args.output, f"{count} documents")


def writer(args: argparse.Namespace) -> Callable[[int], Row]:
    """Return what writes the document of each number."""
    prompts = read_prompts(args.prompts)
    if args.mix == PRINCIPLED:
        principles = self_align_pages.SelfAlignPrompts.read(args.prompts / "self_align", prompts)
        return lambda number: written(args.seed, number, principles, self_align_pages.WRITERS, self_align_pages.MIX)
    if args.mix in autoif_pages.MIXES:
        rules = autoif_pages.AutoIfPrompts.read(args.prompts / "autoif")
        return lambda number: written(args.seed, number, rules, autoif_pages.WRITERS, autoif_pages.MIXES[args.mix])
    return lambda number: document(args.seed, number, prompts, args.mix)


def read_prompts(folder: Path) -> Prompts:
    """Return the prompts of a folder; raises UserError if one is missing or lacks a slot."""
    return Prompts(
        synthesis=read_template(folder / "synthesis.txt", "count"),
        quality=read_template(folder / "assessment" / "quality.txt", "instruction", "response"),
        following=read_template(folder / "assessment" / "following.txt", "instruction", "response"),
    )


if __name__ == "__main__":
    cli.run(main, parser())
