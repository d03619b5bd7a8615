"""Keep the functions that agree with test cases which enough functions of the same instruction agree with.

    python -m scripts.autoif.cross_validate --input verifiers.jsonl --output cross_validated.jsonl \\
        --rejected cross_validated_rejected.jsonl

Functions run in the sandbox alone (docs/sandbox.md). Rows are as scripts.autoif.collect_verifiers writes them; those of
an instruction stand together, and only a few instructions are in memory at a time.
"""

import argparse
from collections import deque
from collections.abc import Iterable, Iterator

from scripts.autoif.cross_validation import Candidates
from scripts.autoif.function_rows import read_functions
from scripts.autoif.settings import CrossValidation
from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.sifting import add_filter_files, sift_judged
from scripts.lib.rows.verdicts import Verdict
from scripts.lib.sandbox.running import Batch, Sandbox

KEYS = tuple(CrossValidation.model_fields)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_filter_files(parser)
    add_options(parser, CrossValidation, *KEYS)
    parser.add_argument("--workers", type=checked(Count), help="processes side by side (default: one for each core)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Split functions by what they say of test cases."""
    settings = CrossValidation(**{key: getattr(args, key) for key in KEYS})
    candidates = (Candidates(rows, settings) for rows in read_functions(args.input))
    with Sandbox(workers=args.workers) as sandbox:
        sift_judged(args, judged(candidates, sandbox))


def judged(candidates: Iterable[Candidates], sandbox: Sandbox) -> Iterator[tuple[Row, Verdict | None]]:
    """Yield every function, and why it is rejected if it is, instruction by instruction."""
    waiting: deque[Candidates] = deque()
    for verdicts in sandbox.run(batches(candidates, waiting)):
        while waiting[0].is_complete:  # nothing of it had to be run
            yield from waiting.popleft().judged()
        waiting[0].verdicts.extend(verdicts)
        if waiting[0].is_complete:
            yield from waiting.popleft().judged()
    for each in waiting:
        yield from each.judged()


def batches(candidates: Iterable[Candidates], waiting: deque[Candidates]) -> Iterator[Batch]:
    """Yield what has to be run; the candidates that it is for are appended to `waiting`."""
    for each in candidates:
        waiting.append(each)
        yield from each.batches()


if __name__ == "__main__":
    cli.run(main, parser())
