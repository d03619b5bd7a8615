"""Export the data that a task asks about, so that planning and scoring need no network, and always see the same.

    python -m scripts.evaluation.export_data --task gsm8k --output results/tiny/iter0/evaluation_data/gsm8k.json

Each data set of the hub is fetched at its revision (the newest, where none is given), and its splits are written as
JSONL into the folder beside the output, with a card by which `datasets` loads them. The output, written last, names
revisions, files, rows and checksums. A task whose data are files needs nothing: then the output says so.
"""

import argparse
import contextlib
import shutil
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scripts.evaluation.data import DataSet, data_sets, folder_of, write_cards, write_data_set
from scripts.evaluation.finding import find
from scripts.lib import cli
from scripts.lib.errors import UserError, first_line
from scripts.lib.rows.files import write_json
from scripts.lib.run.claims import INPUT_FOLDER, OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--task", required=True, help="a task or group of lm-eval by name, or a task file (YAML)")
    add(
        "--revisions",
        nargs="*",
        default=[],
        metavar="DATA_SET=COMMIT",
        help="commits of data sets of the hub, such as openai/gsm8k=740312a (default: the newest)",
    )
    add("--copies", type=INPUT_FOLDER, help="folder with copies of data sets by their names, instead of the hub")
    add("--output", type=OUTPUT, required=True, help="JSON to write; the data lie in the folder beside it")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the data, and then what they are."""
    revisions = dict(_pair(text) for text in args.revisions)
    needed = data_sets(find(args.task))
    folder = folder_of(args.output)
    shutil.rmtree(folder, ignore_errors=True)
    written = []
    for data in tqdm(needed, unit="data set", disable=len(needed) < 2):
        revision = None if args.copies else commit(data, revisions.get(data.path))
        rows = fetched(data, revision, args.copies)
        written.append({**write_data_set(folder, data, rows), "revision": revision})
    write_cards(folder, written)
    write_json(args.output, {"task": args.task, "data_sets": written})
    count = sum(found["rows"] for each in written for found in each["files"].values())
    cli.say_where(args.output, f"{count} rows of {len(written)} data sets")


def _pair(text: str) -> tuple[str, str]:
    name, _, revision = text.partition("=")
    if not (name and revision):
        raise UserError(f"--revisions {text}: write DATA_SET=COMMIT, such as openai/gsm8k=740312a")
    return name, revision


def commit(data: DataSet, revision: str | None) -> str:
    """Return the commit of a data set that a revision means; raises UserError if the hub cannot be asked."""
    from huggingface_hub import HfApi

    if Path(data.path).exists():
        raise UserError(f"{data.path}: a folder here, which would be read instead of the hub's; rename it")
    try:
        return str(HfApi().dataset_info(data.path, revision=revision).sha)
    except Exception as error:  # of its HTTP library, and of many kinds
        raise UserError(f"{data.path}: {_unreached(error)}") from error


def fetched(data: DataSet, revision: str | None, copies: Path | None) -> dict[str, Any]:
    """Return the splits that a task uses of a data set, from the hub or a folder with copies."""
    from datasets import load_dataset

    if copies is not None and not (copies / data.path).is_dir():
        raise UserError(f"{copies / data.path}: no such folder; copy the data set {data.path} there")
    with contextlib.nullcontext() if copies is None else contextlib.chdir(copies):
        try:
            found = load_dataset(data.path, data.name, revision=revision)
        except Exception as error:  # datasets raises what its HTTP library and each reader of files do
            raise UserError(f"{data.path}: {_unreached(error)}") from error
    if missing := [split for split in data.splits if split not in found]:
        raise UserError(f"{data.path}: has no split {missing[0]!r}, only {', '.join(found)}")
    return {split: found[split] for split in data.splits or found}


def _unreached(error: Exception) -> str:
    return (
        f"cannot be fetched ({first_line(error)}); check name, revision and network, or copy it elsewhere and name the "
        "folder (evaluation.copies, --copies)"
    )


if __name__ == "__main__":
    cli.run(main, parser())
