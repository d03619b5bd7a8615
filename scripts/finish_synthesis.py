"""Close an iteration's synthesis: the first rows up to the target, or a clear failure if there are too few.

    python -m scripts.finish_synthesis --input kept.jsonl --input-rejected rejected.jsonl --target 100 \\
        --output prompts.jsonl --rejected prompts_rejected.jsonl

Rows beyond the target stand in the rejected file, as `beyond_target`.
"""

import argparse
from itertools import chain, islice

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import read_rows, row_writer, write_rows
from scripts.lib.rows.reasons import PAGE, advice
from scripts.lib.rows.sifting import set_aside
from scripts.lib.rows.verdicts import reject, rule_of
from scripts.lib.run.claims import INPUT, OUTPUT
from scripts.lib.self_instruct.reasons import BEYOND_TARGET, REASONS
from scripts.lib.self_instruct.settings import Synthesis


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows kept in all rounds")
    add("--input-rejected", type=INPUT, required=True, help="rows rejected in all rounds")
    add_options(parser, Synthesis, "target", "minimum_share")
    add("--output", type=OUTPUT, required=True, help="rows to write")
    add("--rejected", type=OUTPUT, required=True, help="rejected rows to write, each with its rule")
    add("--counts", type=OUTPUT, help="JSON file for the counts")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the rejected rows and the counts, and then the rows, if there are enough of them."""
    counts = Counts()
    with row_writer(args.rejected) as rejected:
        for row in counts.watch(chain(read_rows(args.input), read_rows(args.input_rejected))):
            if "rejected" not in row and counts.kept < args.target:
                counts.keep()
                continue
            fallen = row if "rejected" in row else reject(row, BEYOND_TARGET, target=args.target)
            counts.reject(rule_of(fallen, f"{args.input}, {args.input_rejected}"))
            rejected.write(fallen)
    counts.report(args.counts)
    check_enough(args, counts)
    kept = write_rows(args.output, islice(read_rows(args.input), args.target))
    cli.say_where(args.output, f"{kept} of {args.target} new instructions")


def check_enough(args: argparse.Namespace, counts: Counts) -> None:
    """Raise UserError if the rows are fewer than the least share of the target, with advice by why the others fell."""
    if counts.kept and counts.kept >= args.minimum_share * args.target:
        return
    remedies = [*advice(counts.rejected, REASONS), "raise the rounds of synthesis"]
    # No row at all is too few for any target.
    remedies += ["lower its target or minimum_share"] if counts.kept else ["give more, and more varied, seeds"]
    raise UserError(
        f"{args.output}: not written, because only {counts.kept} of {args.target} new instructions could be made "
        f"(rejected: {counts.reasons() or 'none'}; each stands in {set_aside(args.rejected)}); "
        f"{'; '.join(remedies[:-1])}, or {remedies[-1]} ({PAGE} explains each reason)"
    )


if __name__ == "__main__":
    cli.run(main, parser())
