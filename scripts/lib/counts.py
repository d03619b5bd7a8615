"""Every filter script keeps or rejects its rows here, so that no row is lost and the figures add up."""

import argparse
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.records import Row, reject, row_writer, write_json

log = logging.getLogger(__name__)

Item = TypeVar("Item")


@dataclass(frozen=True)
class Verdict:
    """Why a row is rejected: the name of the rule, and what a reader needs to see that it applies."""

    rule: str
    detail: dict[str, Any] = field(default_factory=dict)

    def on(self, row: Row) -> Row:
        """Return the row as it stands in a rejected file."""
        return reject(row, self.rule, **self.detail)


class Counts:
    """Rows that came in, those that were kept, and those that were rejected, by rule."""

    def __init__(self) -> None:
        self.total = 0
        self.kept = 0
        self.rejected: Counter[str] = Counter()

    def watch(self, rows: Iterable[Item]) -> Iterator[Item]:
        """Yield the rows, counted as coming in, with a progress bar if it takes a while."""
        for row in tqdm(rows, unit=" rows", mininterval=0.5, delay=1, leave=False):
            self.total += 1
            yield row

    def keep(self) -> None:
        """Count one row as kept."""
        self.kept += 1

    def reject(self, rule: str) -> None:
        """Count one row as rejected by a rule."""
        self.rejected[rule] += 1

    def to_json(self) -> dict[str, Any]:
        """Return {"in": n, "kept": k, "rejected": {rule: n}}, the most frequent rule first."""
        assert self.total == self.kept + self.rejected.total(), f"rows were lost or doubled: {self}"
        return {"in": self.total, "kept": self.kept, "rejected": dict(self.rejected.most_common())}

    def report(self, path: Path | None, **more: object) -> None:
        """Log the counts as one line and, given a path, write them as JSON, with `more` beside them."""
        figures = {**self.to_json(), **more}
        log.info("%s", self)
        if path is not None:
            write_json(path, figures)

    def reasons(self) -> str:
        """Return the rules that rejected rows, the most frequent first: "cjk 12, truncated 3"."""
        return ", ".join(f"{rule} {count}" for rule, count in self.rejected.most_common())

    def __str__(self) -> str:
        share = f" ({self.kept / self.total:.1%})" if self.total else ""
        reasons = f": {self.reasons()}" if self.rejected else ""
        return f"{self.total} rows in, {self.kept} kept{share}, {self.rejected.total()} rejected{reasons}"


def add_filter_files(parser: argparse.ArgumentParser) -> None:
    """Add the files that every filter script reads and writes to its command line."""
    add = parser.add_argument
    add("--input", type=Path, required=True, help="rows to filter: JSONL or a JSON array")
    add("--output", type=Path, required=True, help="rows kept, as JSONL")
    add("--rejected", type=Path, required=True, help="rows rejected, as JSONL, each with its rule")
    add("--counts", type=Path, help="write how many rows came in, were kept, and fell to which rule, as JSON")


def sift(
    args: argparse.Namespace,
    rows: Iterable[Row],
    judge: Callable[[Row], Verdict | None],
    remedy: str,
    more: Callable[[], dict[str, object]] = dict,
) -> None:
    """Write each row to args.output, or to args.rejected if `judge` has something against it.

    Rows stream. If none is kept, the output is not written, the rejected rows are set aside for the
    user to look at, and UserError says why they fell and, by `remedy`, what to change. What `more`
    returns at the end stands beside the counts.
    """
    _check_distinct(args)
    counts = Counts()
    with row_writer(args.output) as kept:
        with row_writer(args.rejected) as rejected:
            for row in counts.watch(rows):
                verdict = judge(row)
                if verdict is None:
                    kept.write(row)
                    counts.keep()
                else:
                    rejected.write(verdict.on(row))
                    counts.reject(verdict.rule)
        counts.report(args.counts, **more())
        if not counts.kept:
            raise UserError(_nothing_left(args, counts, set_aside(args.rejected), remedy))
    cli.say_where(args.rejected, f"{counts.rejected.total()} rows rejected")
    cli.say_where(args.output, f"{counts.kept} rows kept")


def _check_distinct(args: argparse.Namespace) -> None:
    files = [path.resolve() for path in (args.output, args.rejected, args.counts) if path is not None]
    if len(set(files)) < len(files):
        raise UserError(f"{args.output}: --output, --rejected and --counts must be different files")


def set_aside(rejected: Path) -> Path:
    """Move the rejected rows of a failed step to a name of their own, and return it.

    Snakemake removes the outputs of a failed job, and these rows show why it failed.
    """
    return rejected.replace(rejected.with_suffix(f".failed{rejected.suffix}"))


def _nothing_left(args: argparse.Namespace, counts: Counts, rejected: Path, remedy: str) -> str:
    if not counts.total:
        return f"{args.input}: there are no rows in this file; {args.output} was not written"
    return (
        f"{args.output}: not written, because none of the {counts.total} rows of {args.input} was kept "
        f"({counts.reasons()}); see {rejected}, and {remedy}"
    )
