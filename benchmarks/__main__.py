"""Measure what this project does fast beside public libraries used the way the published methods use them.

    python -m benchmarks                             everything; some items take many minutes
    python -m benchmarks --only novelty training     these two alone
    python -m benchmarks --quick                     everything for a look: little work, one round

Both sides of a comparison run in turn, each in a process of its own, on the same rows: published ones
where they lie beside the project (../shared/data), else made ones. Ratios are what counts; seconds
depend on the machine. Writes a table, JSON and pictures to --output; what stands there of other items stays.
"""

import argparse
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import assessment, dry_run, memory, novelty, perplexity, prefixes, sandbox, streaming, training
from benchmarks.report import JSON, machine, markdown, table, write, write_into_page
from benchmarks.results import Report
from benchmarks.setup import Setup
from scripts.lib import cli
from scripts.lib.rows.files import read_json

ITEMS: dict[str, Callable[[Setup], Report]] = {
    "novelty": novelty.measure,
    "transformers": streaming.measure,
    "vllm": streaming.measure_vllm,
    "prefixes": prefixes.measure,
    "assessment": assessment.measure,
    "training": training.measure,
    "perplexity": perplexity.measure,
    "memory": memory.measure,
    "dry_run": dry_run.measure,
    "sandbox": sandbox.measure,
}

QUICK = "A quick run: too little work for the bars to mean anything."


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", **cli.description(__doc__))
    add = parser.add_argument
    add("--only", nargs="+", choices=ITEMS, default=list(ITEMS), metavar="ITEM", help=f"of {', '.join(ITEMS)}")
    add("--quick", action="store_true", help="little work, one round: shows that it runs, not how fast")
    add("--rounds", type=int, default=3, help="how often both sides run in turn (default %(default)s)")
    add("--model", type=Path, default=Path("config/models/tiny"), help="folder of the model (default %(default)s)")
    add("--output", type=Path, default=Path("results/benchmarks"), help="folder to write to (default %(default)s)")
    add("--page", type=Path, help="page whose table and pictures are replaced as well, e.g. docs/performance.md")
    return parser


def main(args: argparse.Namespace) -> None:
    """Measure the items and write what was found."""
    where = machine()
    args.output.mkdir(parents=True, exist_ok=True)
    setup = Setup(
        model=args.model,
        work=args.output / "work",
        log=args.output / "log.txt",
        rounds=1 if args.quick else args.rounds,
        quick=args.quick,
    )
    setup.log.unlink(missing_ok=True)
    report = measured_before(args.output / JSON, args.only)
    report.notes += [QUICK] if args.quick else []
    for item in args.only:
        print(f"{item} …", flush=True)
        report.add(ITEMS[item](setup))
        # An item takes minutes: what is measured is kept, whatever becomes of the next one.
        files = write(report, where, args.output)
    shutil.rmtree(setup.work, ignore_errors=True)
    print(f"\n{table(report)}\n")
    if args.page:
        write_into_page(args.page, markdown(report, where), files)
    figures = f"{len(report.comparisons)} comparisons, {len(report.facts)} figures"
    cli.say_where(files[0], f"{figures}, {len(report.missed)} bars missed")


def measured_before(path: Path, items: Sequence[str]) -> Report:
    """Return what an earlier run found of other items than these."""
    return Report.from_json(read_json(path), without=items) if path.is_file() else Report()


if __name__ == "__main__":
    cli.run(main, parser())
