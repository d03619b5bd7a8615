"""Reject replies at length by named rules, and cut what can be kept.

    python -m scripts.self_align.verbose_filter --input outputs.jsonl --rules precise \\
        --template config/prompts/self_align/verbose.txt --output kept.jsonl --rejected rejected.jsonl

The prompt's template tells what was copied from it. A row says in `changes` what was done to it; `completion` has the
text as it was written.
"""

import argparse

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.sifting import add_filter_files
from scripts.lib.run.claims import INPUT
from scripts.self_align.assistant import add_assistant, assistant_of
from scripts.self_align.conduct import long_sentences
from scripts.self_align.prompts import ASSISTANT_SLOTS, VERBOSE_SLOTS
from scripts.self_align.settings import VerboseFilter
from scripts.self_align.steps import Context, describe_steps, select_steps, sift_by_steps
from scripts.self_align.verbose_rules import VERBOSE_SETS
from scripts.self_align.written_rows import read_written_rows


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__), epilog=describe_steps(VERBOSE_SETS))
    add_filter_files(parser)
    add = parser.add_argument
    add("--template", type=INPUT, required=True, help="the prompt that asked for length")
    add_assistant(parser, "name", "cutoff")
    add_options(parser, VerboseFilter, "rules", "shortest")
    add(
        "--without",
        nargs="*",
        action="extend",
        default=[],
        metavar="RULE",
        help="rules and changes to switch off (see below)",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Split the rows by the rules."""
    steps = select_steps(VERBOSE_SETS, args.rules, args.without)
    assistant = assistant_of(args)
    template = read_template(args.template, *VERBOSE_SLOTS, optional=ASSISTANT_SLOTS)
    context = Context(
        name=args.name,
        prompted_name=args.name,
        phrases=long_sentences(assistant.named_in(template)),
        shortest=args.shortest,
    )
    remedy = "or switch rules off with --without RULE (verbose_filter.without)"
    sift_by_steps(args, read_written_rows(args.input, "completion"), steps, context, remedy)


if __name__ == "__main__":
    cli.run(main, parser())
