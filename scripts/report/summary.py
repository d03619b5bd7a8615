"""Sum up a run: rows at each stage of each iteration, how many are right, and the held-out accuracy of every model.

    python -m scripts.report.summary --counts results/tiny/iter*/counts/*.json \\
        --row-grades results/tiny/iter*/grades/*.json --held-out results/tiny/iter*/held_out_*.json \\
        --merged results/tiny/iter3/merged/manifest.json \\
        --output summary.json --table summary.txt --picture summary.png

Iteration and stage are read from the paths: …/iter{n}/counts/{stage}.json, …/iter{n}/grades/{stage}.json and
…/iter{n}/held_out_{format}.json.
"""

import argparse
import re
from pathlib import Path
from typing import Any

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open, read_json, write_json

STAGES = {
    "prompts": "new instructions",
    "outputs": "answered",
    "rule_filtered": "kept by rules",
    "evaluated": "assessed",
    "score_filtered": "kept by selection",
    "training": "trained on",
}


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--counts", type=Path, nargs="+", required=True, help="the counts of the stages")
    add("--row-grades", type=Path, nargs="*", default=[], help="how many rows of a stage a program finds right")
    add("--held-out", type=Path, nargs="*", default=[], help="held-out accuracies")
    add("--merged", type=Path, required=True, help="manifest of the last model")
    add("--output", type=Path, required=True, help="JSON with every number of the table")
    add("--table", type=Path, required=True, help="the table as text")
    add("--picture", type=Path, required=True, help="the table as a picture")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the table, its numbers and its picture."""
    summary = {
        "rows": rows_by_iteration(args.counts),
        "right": right_by_iteration(args.row_grades),
        "held_out": accuracies(args.held_out),
    }
    with atomic_open(args.table) as stream:
        stream.write(as_text(summary, args.merged.parent))
    draw(summary, args.picture)
    write_json(args.output, summary)
    cli.say_where(args.table, "summary")


def rows_by_iteration(files: list[Path]) -> dict[str, dict[str, int]]:
    """Return the rows kept at each stage: {"1": {"prompts": 200, …}, …}."""
    rows: dict[str, dict[str, int]] = {}
    for file in sorted(files, key=iteration_of):
        rows.setdefault(str(iteration_of(file)), {})[file.stem] = read_json(file)["kept"]
    return rows


def right_by_iteration(files: list[Path]) -> dict[str, dict[str, Any]]:
    """Return how many rows of a stage are right: {"1": {"rule_filtered": {"strict": {"correct": 40, …}}}}."""
    right: dict[str, dict[str, Any]] = {}
    for file in sorted(files, key=iteration_of):
        right.setdefault(str(iteration_of(file)), {})[file.stem] = read_json(file)
    return right


def accuracies(files: list[Path]) -> list[dict[str, Any]]:
    """Return strict and first-line accuracy of every model, the base model first, and the strict one by family."""
    found = []
    for file in sorted(files, key=lambda file: (iteration_of(file), file.stem)):
        result, iteration = read_json(file), iteration_of(file)
        name = f"iter{iteration}" if iteration else f"base, {file.stem.removeprefix('held_out_')} format"
        families = {family: value["strict"]["accuracy"] for family, value in result.get("families", {}).items()}
        both = {measure: result[measure] for measure in ("strict", "first_line")}
        found.append({"model": name, **both, "families": families})
    return found


def iteration_of(file: Path) -> int:
    """Return the iteration that a path names; raises UserError if it names none."""
    match = re.search(r"/iter(\d+)/", f"/{file.as_posix()}")
    if match is None:
        raise UserError(f"{file}: the path names no iteration; it should lie under …/iter<n>/")
    return int(match[1])


def as_text(summary: dict[str, Any], merged: Path) -> str:
    """Return the table that ends a run."""
    rows = [*row_table(summary["rows"]), *right_table(summary["right"])]
    return "\n".join([*rows, "", *accuracy_table(summary["held_out"]), *goodbye(merged)])


def row_table(rows: dict[str, dict[str, int]]) -> list[str]:
    """Return the rows at each stage, a column per iteration, and the share that was kept."""
    lines = [f"{'rows':<26}" + "".join(f"{'iter' + iteration:>10}" for iteration in rows)]
    for stage, title in STAGES.items():
        if any(stage in counts for counts in rows.values()):
            lines.append(f"{title:<26}" + "".join(f"{counts.get(stage, '-'):>10}" for counts in rows.values()))
    shares = (f"{counts['score_filtered'] / max(1, counts['outputs']):>10.0%}" for counts in rows.values())
    return [*lines, f"{'share kept':<26}" + "".join(shares)]


def right_table(right: dict[str, dict[str, Any]]) -> list[str]:
    """Return the share of right answers among all rows and among the kept ones, a column per iteration."""
    return [
        f"{f'right, {STAGES[stage]}':<26}"
        + "".join(f"{grades[stage]['strict']['accuracy']:>10.0%}" for grades in right.values())
        for stage in ("rule_filtered", "score_filtered")
        if right
    ]


def accuracy_table(results: list[dict[str, Any]]) -> list[str]:
    """Return the held-out accuracies with their 95 % intervals, a line per model."""
    if not results:
        return []
    lines = [f"{'held-out accuracy':<26}{'strict':>22}{'first line':>22}"]
    for result in results:
        cells = (
            f"{value['accuracy']:.1%} ({value['interval'][0]:.1%}-{value['interval'][1]:.1%})"
            for value in (result["strict"], result["first_line"])
        )
        lines.append(f"{result['model']:<26}" + "".join(f"{cell:>22}" for cell in cells))
    return [*lines, ""]


def goodbye(merged: Path) -> list[str]:
    """Return where the model lies and how to talk to it."""
    return [f"The last model lies in {merged}; talk to it:  python -m scripts.chat --model {merged}", ""]


def draw(summary: dict[str, Any], path: Path) -> None:
    """Draw rows per stage and accuracy per model, side by side."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for iteration, counts in summary["rows"].items():
        stages = [stage for stage in STAGES if stage in counts]
        left.plot(
            [STAGES[stage] for stage in stages],
            [counts[stage] for stage in stages],
            "o-",
            label=f"iter{iteration}",
        )
    left.set(title="Rows at each stage", ylim=(0, None))
    left.tick_params(axis="x", rotation=25)
    left.legend()
    names = [result["model"] for result in summary["held_out"]]
    for measure, shift in (("strict", -0.1), ("first_line", 0.1)):
        values = [result[measure] for result in summary["held_out"]]
        centres = [value["accuracy"] for value in values]
        errors = [
            [value["accuracy"] - value["interval"][0] for value in values],
            [value["interval"][1] - value["accuracy"] for value in values],
        ]
        places = [place + shift for place in range(len(names))]
        right.errorbar(places, centres, errors, fmt="o", capsize=3, label=measure.replace("_", " "))
    right.set(title="Held-out accuracy, 95 % intervals", ylim=(0, 1))
    right.set_xticks(range(len(names)), names, rotation=25)
    if names:
        right.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    cli.run(main, parser())
