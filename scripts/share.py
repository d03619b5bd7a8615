"""Link a file, or a model with all of its files, to a second place: what one model shares with another.

    python -m scripts.share --source results/self-1/iter1/prompts.jsonl --output results/none-1/iter1/prompts.jsonl
    python -m scripts.share --source results/self-1/iter0/merged/manifest.json \\
        --output results/none-1/iter0/merged/manifest.json

A file becomes a relative link. A model or an adapter becomes a folder of links beside a copy of its manifest, so that
removing the second never touches the first.
"""

import argparse
import os
import shutil
from pathlib import Path

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import NAME
from scripts.lib.models.ownership import clear_folder, complete
from scripts.lib.rows.files import read_json
from scripts.lib.run.claims import LINK_OUTPUT, SHARED


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--source", type=SHARED, required=True, help="the file, or the manifest.json of a model")
    parser.add_argument("--output", type=LINK_OUTPUT, required=True, help="where it shall also be found")
    return parser


def main(args: argparse.Namespace) -> None:
    """Make the link, or the folder of links."""
    if not args.source.is_file():
        raise UserError(f"{args.source}: no such file to share; make it first")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    if args.source.name == NAME:
        share_folder(args.source.parent, args.output.parent)
    else:
        link(args.source, args.output)
    cli.say_where(args.output, f"shared: {args.source}")


def share_folder(source: Path, target: Path) -> None:
    """Link every file of a model or adapter into a folder of its own, and copy its manifest, last."""
    clear_folder(target)
    for file in sorted(source.iterdir()):
        if file.is_file() and file.name != NAME and not file.name.startswith("."):
            link(file, target / file.name)
    complete(target, read_json(source / NAME))
    shutil.copyfile(source / NAME, target / NAME)


def link(source: Path, target: Path) -> None:
    """Link to a file by a path that stays right when both are moved together; what stood there is replaced."""
    target.unlink(missing_ok=True)
    target.symlink_to(os.path.relpath(source.resolve(), target.parent.resolve()))


if __name__ == "__main__":
    cli.run(main, parser())
