"""Export the data that a task asks about, so that planning and scoring need no network, and always see the same.

    python -m scripts.evaluation.export_data --task gsm8k --output results/tiny/iter0/evaluation_data/gsm8k.json

Each data set of the hub is fetched at its revision (the newest, where none is given), and its splits are written as
JSONL into the folder beside the output, with a card by which `datasets` loads them. The output, written last, names
revisions, files, rows and checksums. A task whose data are files needs nothing: then the output says so.
"""

import argparse
import shutil

from tqdm import tqdm

from scripts.evaluation.installed import check_installed
from scripts.lib import cli
from scripts.lib.errors import UserError
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
    check_installed()
    from scripts.evaluation.data import data_sets, folder_of, write_cards, write_data_set
    from scripts.evaluation.fetching import commit, fetched
    from scripts.evaluation.finding import find

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


if __name__ == "__main__":
    cli.run(main, parser())
