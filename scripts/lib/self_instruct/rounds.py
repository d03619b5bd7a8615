"""What a round of writing leaves: all that was kept and rejected so far, for the next round to go on from."""

import argparse
from collections.abc import Iterable
from itertools import chain

from scripts.lib.rows.counts import Counts
from scripts.lib.rows.jsonl import Row, read_rows, row_writer
from scripts.lib.rows.verdicts import Verdict


def write_round(args: argparse.Namespace, judged: Iterable[tuple[Row, Verdict | None]]) -> int:
    """Write the rows of the rounds before (--kept-before, --rejected-before), and each judged one to where it belongs.

    Returns how many are kept so far.
    """
    counts = Counts()
    with row_writer(args.output) as kept, row_writer(args.rejected) as rejected:
        for row in chain.from_iterable(map(read_rows, args.kept_before)):
            kept.write(row)
        for row in chain.from_iterable(map(read_rows, args.rejected_before)):
            rejected.write(row)
        for row, verdict in counts.watch(judged):
            if verdict is None:
                counts.keep()
                kept.write(row)
            else:
                counts.reject(verdict.rule)
                rejected.write(verdict.on(row))
    counts.report(None)
    return kept.count
