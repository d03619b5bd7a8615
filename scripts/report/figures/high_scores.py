"""Draw the share of generated rows that score above a threshold, by criterion and by both, by iteration (Figure 4).

    python -m scripts.report.figures.high_scores --threshold 8 \\
        --rows results/tiny/iter1/evaluated.jsonl results/tiny/iter2/evaluated.jsonl \\
        --generated results/tiny/iter1/counts/outputs.json results/tiny/iter2/counts/outputs.json \\
        --arms tiny tiny --iterations 1 2 \\
        --pictures high_scores.svg high_scores.pdf high_scores.png --output high_scores.csv --table high_scores.md

One file of rated rows with one of counts for each model and iteration. A row that rules rejected was never rated, and a
score that could not be read is above nothing; both count among the rows that were generated.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scripts.lib import cli
from scripts.lib.config.options import Count, add_options, checked
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import read_counts
from scripts.lib.rows.grades import wilson
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.rows.measures import number_of
from scripts.lib.run.claims import INPUT
from scripts.report.figures.settings import Figures
from scripts.report.figures.style import draw_line, in_percent, looks, panels
from scripts.report.figures.written import NOTHING, add_outputs, markdown, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOTH = "both"
DIGITS = 4

Share = dict[str, Any]
"""What is drawn at one place: arm, iteration, criterion, the share with its interval, and how many rows it is of."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--rows", type=INPUT, nargs="+", required=True, help="evaluated.jsonl of each model and iteration")
    add("--generated", type=INPUT, nargs="+", required=True, help="the counts of the rows that each was chosen from")
    add("--arms", nargs="+", required=True, help="the arm that each is of; models of one arm are its seeds")
    add("--iterations", type=checked(Count), nargs="+", required=True, help="the iteration that each is of")
    add_options(result, Figures, "threshold")
    add_outputs(result)
    return result


def main(args: argparse.Namespace) -> None:
    """Write the figure, its numbers and its table."""
    lists = {"--generated": args.generated, "--arms": args.arms, "--iterations": args.iterations}
    for option, given in lists.items():
        if len(given) != len(args.rows):
            raise UserError(f"{option}: {len(given)} of them for {len(args.rows)} --rows; give one for each")
    found = list(shares(args))
    seeds = sorted({share["seeds"] for share in found})
    caption = (
        f"Generated rows that score above {args.threshold:g}, by what is rated and by iteration; n = "
        f"{_range([share['generated'] for share in found])} generated rows, "
    )
    caption += (
        "one seed of each arm, 95 % intervals over rows." if seeds == [1]
        else f"{_range(seeds)} seeds of each arm, 95 % intervals over seeds (of one seed, over rows)."
    )  # fmt: skip
    write(args, draw(found, args.threshold), found, caption, table(found))


def shares(args: argparse.Namespace) -> Iterator[Share]:
    """Yield the shares of every arm, iteration and criterion."""
    high: dict[tuple[str, int, str], list[tuple[int, int, int]]] = {}
    for file, counts, arm, iteration in zip(args.rows, args.generated, args.arms, args.iterations, strict=True):
        generated = read_counts(counts)["kept"]
        rated, above = count_high(read_rows(file), args.threshold, f"{file}: ")
        if rated > generated:
            raise UserError(f"{counts}: {generated} rows were generated, and {rated} of them rated in {file}")
        for criterion, number in above.items():
            high.setdefault((arm, iteration, criterion), []).append((number, rated, generated))
    for (arm, iteration, criterion), seeds in high.items():
        yield {"arm": arm, "iteration": iteration, "criterion": criterion, **_share(seeds)}


def count_high(rows: Iterable[Row], threshold: float, place: str) -> tuple[int, dict[str, int]]:
    """Return how many rows there are, and how many score above a threshold by each criterion, and by all of several.

    Raises UserError, led by `place`, for a row without scores.
    """
    rated, above = 0, dict[str, int]()
    for row in rows:
        scores = row.get("scores")
        if not isinstance(scores, dict) or not scores:
            raise UserError(f'{place}row {row["id"]!r} has no "scores"; give the rows that were rated')
        numbers = {name: number_of(row, f"scores.{name}", score, place) for name, score in scores.items()}
        verdicts = {name: number is not None and number > threshold for name, number in numbers.items()}
        if len(verdicts) > 1:
            verdicts[BOTH] = all(verdicts.values())
        rated += 1
        for name, verdict in verdicts.items():
            above[name] = above.get(name, 0) + verdict
    return rated, above


def _share(seeds: Sequence[tuple[int, int, int]]) -> Share:
    """Return the share of generated rows over seeds with its 95 % interval, and that of the rated ones."""
    import pandas as pd

    from scripts.report.over_seeds import over_seeds

    values = [above / max(1, generated) for above, _, generated in seeds]
    counts = {name: sum(seed[place] for seed in seeds) for place, name in enumerate(("above", "rated", "generated"))}
    (row,) = over_seeds(pd.DataFrame({"arm": "", "value": values}), "arm")
    low, high = wilson(counts["above"], counts["generated"])
    if row["half"] is not None:
        low, high = (round(row["mean"] + sign * row["half"], DIGITS) for sign in (-1, 1))
    of_rated = round(counts["above"] / max(1, counts["rated"]), DIGITS)
    return {"share": row["mean"], "low": low, "high": high, "of_rated": of_rated, "seeds": row["seeds"], **counts}


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def draw(found: Sequence[Share], threshold: float) -> "Figure":
    """Draw a panel for each criterion with a line for each arm; or, of one arm, one panel with a line for each."""
    arms, criteria = (list(dict.fromkeys(share[key] for share in found)) for key in ("arm", "criterion"))
    one_panel = len(arms) == 1
    figure = panels(1 if one_panel else len(criteria), sharey=True)
    for axes, criterion in zip(figure.axes, criteria, strict=False):
        drawn = [share for share in found if one_panel or share["criterion"] == criterion]
        _draw_lines(axes, drawn, "criterion" if one_panel else "arm", criteria if one_panel else arms)
        axes.set(title=arms[0] if one_panel else criterion, xlabel="iteration")
        axes.set_xticks(sorted({share["iteration"] for share in found}))
        in_percent(axes.yaxis)
    figure.axes[0].set(ylabel=f"share of generated rows above {threshold:g}", ylim=(0, None))
    return figure


def _draw_lines(axes: "Axes", found: Sequence[Share], key: str, names: Sequence[str]) -> None:
    for place, (name, look) in enumerate(looks(names).items()):
        own = [share for share in found if share[key] == name]
        points = [(share["iteration"], share["share"], share["low"], share["high"]) for share in own]
        draw_line(axes, points, look, name, (place, len(names)))


def table(found: Sequence[Share]) -> str:
    """Return a line for each arm and iteration, with the shares of generated and of rated rows by each criterion."""
    criteria = list(dict.fromkeys(share["criterion"] for share in found))
    cells = {(share["arm"], share["iteration"], share["criterion"]): share for share in found}
    lines = []
    for arm, iteration in dict.fromkeys((share["arm"], share["iteration"]) for share in found):
        own = [cells.get((arm, iteration, criterion)) for criterion in criteria]
        of_generated = [f"{s['share']:.1%} ({s['low']:.1%} to {s['high']:.1%})" if s else NOTHING for s in own]
        of_rated = [f"{s['of_rated']:.1%}" if s else NOTHING for s in own]
        lines.append([arm, str(iteration), *of_generated, *of_rated])
    header = ["model", "iteration", *criteria, *(f"{criterion}, of rated rows" for criterion in criteria)]
    return markdown(header, lines)


if __name__ == "__main__":
    cli.run(main, parser())
