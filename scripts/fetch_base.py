"""Find a base model, and fetch it into the hub's cache if it is a hub id: the one step that may need a network.

python -m scripts.fetch_base --base Qwen/Qwen2.5-0.5B --revision COMMIT --output fetched.json
"""

import argparse

from scripts.lib import cli
from scripts.lib.models.sources import add_base, find_base
from scripts.lib.rows.files import write_json
from scripts.lib.run.claims import OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_base(parser)
    parser.add_argument(
        "--output", type=OUTPUT, required=True, help="JSON that says where the model came from, and lies"
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Find the base, and write down where it came from."""
    folder, origin = find_base(args.base, args.revision)
    write_json(args.output, {**origin, "folder": str(folder)})
    cli.say_where(folder, f"base model {args.base}")


if __name__ == "__main__":
    cli.run(main, parser())
