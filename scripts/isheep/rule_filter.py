"""Reject rows by named rules about their text: another turn in the output, leftover markers, blank answers.

    python -m scripts.isheep.rule_filter --input outputs.jsonl --output kept.jsonl --rejected rejected.jsonl

Works on anyone's rows with the texts instruction, output and (if there is one) input. Outputs are kept
without the white space around them, except by `reference`: the published filter left it there.
"""

import argparse

from scripts.isheep.rules import clean_output, describe_rules, select_rules
from scripts.isheep.settings import RuleFilter
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.rows.jsonl import read_text_rows
from scripts.lib.rows.rules import first_failing
from scripts.lib.rows.sifting import add_filter_files, sift


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__), epilog=describe_rules())
    add_filter_files(parser)
    add = parser.add_argument
    add_options(parser, RuleFilter, "rules")
    add(
        "--without",
        nargs="*",
        action="extend",
        default=[],
        metavar="RULE",
        help="rules to switch off (see below)",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Split the rows by the rules."""
    rules = select_rules(args.rules, args.without)
    rows = read_text_rows(args.input, "instruction", "input", "output")
    sift(
        args,
        (clean_output(row, args.rules) for row in rows),
        verdict_on=lambda row: first_failing(row, rules),
        remedy="or switch rules off with --without RULE (filter.without)",
    )


if __name__ == "__main__":
    cli.run(main, parser())
