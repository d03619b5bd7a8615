"""Keep the answers that follow their instruction, by what its functions say of them, each run in the sandbox.

    python -m scripts.autoif.verify_responses --input outputs.jsonl --functions consistent.jsonl \\
        --output kept.jsonl --rejected rejected.jsonl

A row gets `verdicts`, the numbers of functions that say true, false, or nothing (it fails, takes too long, or gives no
truth value), and `accuracy`, the share of those that decide which say true. Rows of one constraint that follow one
another are verified together, which is much faster. Published rows carry their functions (`eval_func`) and answers
(`gpt-answer`), and need no --functions.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator

from scripts.autoif.functions import Functions
from scripts.autoif.published import has_answers, published_answers, published_functions
from scripts.autoif.settings import Verification
from scripts.autoif.verification import Group, in_groups, verified
from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts, placed_rows
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.sifting import add_filter_files, sift_judged
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT
from scripts.lib.sandbox.running import Sandbox

UNDECIDED = Reason(
    "undecided",
    "no function says whether it follows its instruction: each fails, takes too long, or gives no truth value",
    "look at the functions with scripts.verify, or ask more of cross_validation, which rejects such functions",
)
NOT_FOLLOWED = Reason(
    "not_followed",
    "too small a share of the functions that decide say that it follows its instruction",
    "lower verification.threshold (--threshold), raise answering.samples, or make the answering prompt stricter",
)
REASONS = (UNDECIDED, NOT_FOLLOWED)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add = parser.add_argument
    add("--functions", type=INPUT, help="functions of each instruction: rows with instruction_id and function")
    add_options(parser, Verification, "threshold", "undecided")
    add("--workers", type=checked(Count), help="processes side by side (default: one for each core)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Split the answers by what functions say of them."""
    found: Counter[str] = Counter()
    undecided_is = 0.0 if args.undecided == "not_followed" else None
    judge = verdict_by(args.threshold)
    with Sandbox(workers=args.workers) as sandbox:
        rows = verified(groups(args), sandbox, found, undecided_is=undecided_is)
        sift_judged(args, ((row, judge(row)) for row in rows), more=lambda: {"verdicts": dict(found.most_common())})


def verdict_by(threshold: float | None) -> Callable[[Row], Verdict | None]:
    """Return what tells whether an answer is rejected, by its accuracy; None rejects none."""

    def verdict(row: Row) -> Verdict | None:
        if threshold is None:
            return None
        if row["accuracy"] is None:
            return Verdict(UNDECIDED, {"verdicts": row["verdicts"]})
        if not row["accuracy"] > threshold:
            return Verdict(NOT_FOLLOWED, {"accuracy": row["accuracy"], "threshold": threshold})
        return None

    return verdict


def groups(args: argparse.Namespace) -> Iterator[Group]:
    """Yield the answers of the input in groups, with the functions that verify each."""
    published: dict[str, list[str]] = {}
    functions = Functions(args.functions) if args.functions else None

    def functions_of(key: str) -> list[str]:
        if key in published:
            return published.pop(key)
        if functions is None:
            raise UserError(f"{args.input}: its rows carry no functions (eval_func), so give --functions")
        return list(functions.of(key, str(args.input)))

    def answers() -> Iterator[Row]:
        for place, row in placed_rows(args.input):
            if has_answers(row):
                published[row["id"]] = published_functions(row, place)
                yield from published_answers(row, place)
            else:
                check_texts(row, place, "instruction", "output", "constraint_id")
                yield row

    return in_groups(answers(), functions_of)


if __name__ == "__main__":
    cli.run(main, parser())
