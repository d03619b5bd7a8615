"""Write the corpus that the tiny base model is pretrained on: one document a row, in parts with loss weights.

The same seed, number of documents and prompt texts give the same bytes. No document holds a
held-out task.

Example: python -m scripts.tiny_world.corpus --output results/tiny_world/corpus.jsonl
"""

import argparse
from pathlib import Path

from tqdm import tqdm

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.run.claims import INPUT_FOLDER, OUTPUT
from scripts.tiny_world.documents import MIXES, Prompts, document, written
from scripts.tiny_world.unanswerable import pages
from scripts.tiny_world.unanswerable.pages import SelfAlignPrompts

PRINCIPLED = "principled"
"""The mix that SELF-ALIGN's base model goes on with: pages with rules, and tasks without an answer."""


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--output", type=OUTPUT, required=True, help="JSONL file to write")
    result.add_argument("--documents", type=checked(Count), default=146000, help="how many (default: %(default)s)")
    result.add_argument(
        "--mix", choices=[*MIXES, PRINCIPLED], default="broad", help="of what kinds (default: %(default)s)"
    )
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
    prompts = read_prompts(args.prompts)
    if args.mix == PRINCIPLED:
        more = SelfAlignPrompts.read(args.prompts / "self_align", prompts)
        documents = (written(args.seed, number, more, pages.WRITERS, pages.MIX) for number in range(args.documents))
    else:
        documents = (document(args.seed, number, prompts, args.mix) for number in range(args.documents))
    count = write_rows(args.output, tqdm(documents, total=args.documents, desc="documents", mininterval=1))
    cli.say_where(args.output, f"{count} documents")


def read_prompts(folder: Path) -> Prompts:
    """Return the prompts of a folder; raises UserError if one is missing or lacks a slot."""
    return Prompts(
        synthesis=read_template(folder / "synthesis.txt", "count"),
        quality=read_template(folder / "assessment" / "quality.txt", "instruction", "response"),
        following=read_template(folder / "assessment" / "following.txt", "instruction", "response"),
    )


if __name__ == "__main__":
    cli.run(main, parser())
