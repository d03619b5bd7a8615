"""Reject replies under principles by named rules, and cut or rename what can be kept.

    python -m scripts.self_align.reply_filter --input outputs.jsonl --rules precise \\
        --template config/prompts/self_align/replying.txt --principles config/prompts/self_align/principles_v1.txt \\
        --exemplars config/prompts/self_align/exemplars_v1.jsonl --output kept.jsonl --rejected rejected.jsonl

The prompt's files tell what was copied from it. A row says in `changes` what was done to it; `completion` has the text
as it was written.
"""

import argparse

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.rows.sifting import add_filter_files
from scripts.lib.run.claims import INPUT
from scripts.self_align.assistant import add_assistant, assistant_of
from scripts.self_align.conduct import read_conduct
from scripts.self_align.reply_rules import REPLY_SETS
from scripts.self_align.settings import ReplyFilter
from scripts.self_align.steps import Context, describe_steps, select_steps, sift_by_steps
from scripts.self_align.written_rows import read_written_rows


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__), epilog=describe_steps(REPLY_SETS))
    add_filter_files(parser)
    add = parser.add_argument
    add("--template", type=INPUT, required=True, help="the prompt that was around principles and exemplars")
    add("--principles", type=INPUT, required=True, help="the principles in it")
    add("--exemplars", type=INPUT, required=True, help="the worked exemplars in it")
    add_assistant(parser, "name", "alias", "cutoff", "introduction")
    add_options(parser, ReplyFilter, "rules", "shortest")
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
    steps = select_steps(REPLY_SETS, args.rules, args.without)
    conduct = read_conduct(args.template, args.principles, args.exemplars)
    assistant = assistant_of(args)
    context = Context(
        name=args.name,
        prompted_name=assistant.name,
        opening=assistant.opening,
        phrases=conduct.phrases(assistant),
        questions=conduct.questions(assistant),
        words=conduct.words(),
        shortest=args.shortest,
    )
    remedy = "or switch rules off with --without RULE (reply_filter.without)"
    sift_by_steps(args, read_written_rows(args.input, "completion"), steps, context, remedy)


if __name__ == "__main__":
    cli.run(main, parser())
