"""Compare ways of raising a model over several seeds: held-out accuracy, benchmarks, judged quality, rows, losses.

    python -m scripts.report.compare --summaries results/*/summary.json \\
        --output comparison.json --table comparison.md --picture comparison.png

Models of one arm differ in their seed alone, and are taken together; which arm and seed a model is, its summary says.
Intervals are 95 % t intervals over the seeds of an arm; differences between arms are paired by seed. With one seed
there are numbers without intervals; what no model was measured by is left out.
"""

import argparse

from scripts.lib import cli
from scripts.lib.rows.files import atomic_open, write_json
from scripts.lib.run.claims import INPUT, OUTPUT, PICTURE
from scripts.report.summaries import read_summaries


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--summaries", type=INPUT, nargs="+", required=True, help="the summary.json of each model")
    add("--output", type=OUTPUT, required=True, help="JSON with every number of the tables")
    add("--table", type=OUTPUT, required=True, help="the tables in Markdown")
    add("--picture", type=PICTURE, required=True, help="accuracy (or losses) and scores by iteration: a line per arm")
    return result


def main(args: argparse.Namespace) -> None:
    """Write the tables, their numbers and the picture."""
    summaries = read_summaries(args.summaries)
    # Only now: --help, and an error about a file, need no statistics.
    from scripts.report.comparison import compare
    from scripts.report.comparison_picture import draw
    from scripts.report.comparison_tables import as_markdown

    numbers = compare(summaries)
    with atomic_open(args.table) as stream:
        stream.write(as_markdown(numbers))
    draw(numbers, args.picture)
    write_json(args.output, numbers)
    cli.say_where(args.table, f"{len(summaries)} models compared")


if __name__ == "__main__":
    cli.run(main, parser())
