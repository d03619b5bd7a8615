"""Rows kept or rejected by a verdict: every filter command does it here, so that no row is lost."""

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from pathlib import Path

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, row_writer
from scripts.lib.rows.reasons import PAGE, Reason, advice
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.run.claims import INPUT, OUTPUT


def add_filter_files(parser: argparse.ArgumentParser) -> None:
    """Add the files that every filter script reads and writes to its command line."""
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows to filter: JSONL or a JSON array")
    add("--output", type=OUTPUT, required=True, help="rows kept, as JSONL")
    add("--rejected", type=OUTPUT, required=True, help="rows rejected, as JSONL, each with its rule")
    add("--counts", type=OUTPUT, help="write how many rows came in, were kept, and fell to which rule, as JSON")


def sift(
    args: argparse.Namespace,
    rows: Iterable[Row],
    verdict_on: Callable[[Row], Verdict | None],
    remedy: str = "",
    more: Callable[[], dict[str, object]] = dict,
    sources: Sequence[Path] = (),
) -> None:
    """Write each row to args.output, or to args.rejected if `verdict_on` has something against it.

    All else is as in `sift_judged`.
    """
    sift_judged(args, ((row, verdict_on(row)) for row in rows), remedy, more, sources)


def sift_judged(
    args: argparse.Namespace,
    judged: Iterable[tuple[Row, Verdict | None]],
    remedy: str = "",
    more: Callable[[], dict[str, object]] = dict,
    sources: Sequence[Path] = (),
) -> None:
    """Write each row to args.output, or to args.rejected if there is a verdict beside it.

    Rows stream. If none is kept, the output is not written, the rejected rows are set aside for the
    user to look at, and UserError says why they fell and what to change: by the most frequent reasons,
    and by `remedy`, which helps against any. What `more` returns at the end stands beside the counts.
    `sources` are the files that the rows come from, if it is not args.input alone.
    """
    counts, reasons = Counts(), set[Reason]()
    with row_writer(args.output) as kept:
        with row_writer(args.rejected) as rejected:
            for row, verdict in counts.watch(judged):
                if verdict is None:
                    kept.write(row)
                    counts.keep()
                else:
                    rejected.write(verdict.on(row))
                    counts.reject(verdict.rule)
                    reasons.add(verdict.reason)
        counts.report(args.counts, **more())
        if not counts.kept:
            remedies = [*advice(counts.rejected, reasons), *([remedy] if remedy else [])]
            raise UserError(_nothing_left(args, sources or [args.input], counts, set_aside(args.rejected), remedies))
    cli.say_where(args.rejected, f"{counts.rejected.total()} rows rejected")
    cli.say_where(args.output, f"{counts.kept} rows kept")


def set_aside(rejected: Path) -> Path:
    """Move the rejected rows of a failed step to a name of their own, which nothing else has, and return it.

    Snakemake removes the outputs of a failed job, and these rows show why it failed.
    """
    numbers = chain([""], (f"-{number}" for number in count(2)))
    names = (rejected.with_suffix(f".failed{number}{rejected.suffix}") for number in numbers)
    return rejected.replace(next(name for name in names if not os.path.lexists(name)))


def _nothing_left(
    args: argparse.Namespace, sources: Sequence[Path], counts: Counts, rejected: Path, remedies: list[str]
) -> str:
    names = ", ".join(map(str, sources))
    if not counts.total:
        files = "this file" if len(sources) == 1 else "these files"
        return f"{names}: there are no rows in {files}; {args.output} was not written"
    return (
        f"{args.output}: not written, because none of the {counts.total} rows of {names} was kept "
        f"({counts.reasons()}); see {rejected}; {'; '.join(remedies)} ({PAGE} explains each reason)"
    )
