"""What every command that asks a judge needs."""

import argparse

from scripts.lib.run.claims import INPUT, MODEL, OUTPUT


def add_judge(parser: argparse.ArgumentParser, *, templates: str) -> None:
    """Add what every command that asks a judge needs to a command line: the template, the judge, and what to write."""
    add = parser.add_argument
    add("--template", type=INPUT, required=True, help=f"prompt that asks the judge, with {templates}")
    add("--judge", type=MODEL, required=True, help="manifest of the model that will judge")
    add("--format", choices=["base", "chat"], required=True, help="plain text, or the judge's chat template")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")
