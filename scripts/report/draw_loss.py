"""Draw the loss of a training, from its log; of one on pairs, the rewards, too.

python -m scripts.report.draw_loss --log results/tiny/iter1/adapter/training_log.jsonl --output loss.png
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.run.claims import INPUT, PICTURE
from scripts.lib.training.log import CHOSEN, MARGIN, REJECTED, read_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_WINDOW = 5
"""Updates that a running mean is over, at least; else a twentieth of all."""
REWARDS_DRAWN = ((CHOSEN, "tab:green", "chosen"), (REJECTED, "tab:red", "rejected"), (MARGIN, "tab:blue", "margin"))


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument(
        "--log",
        type=INPUT,
        required=True,
        help="training_log.jsonl, as scripts.train_adapter and scripts.train_preferences write it",
    )
    parser.add_argument("--output", type=PICTURE, required=True, help="picture to write")
    return parser


def main(args: argparse.Namespace) -> None:
    """Read the log and draw it."""
    rows = read_log(args.log)
    if not any({"step", "loss"} <= row.keys() for row in rows):
        raise UserError(f"{args.log}: there is no loss in this log; give the training_log.jsonl of an adapter")
    draw(rows, args.output)
    cli.say_where(args.output, f"loss of {sum('loss' in row for row in rows)} updates")


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the loss over the updates: each update faintly, their running mean, and the validation loss.

    Where the log has rewards, they stand below it in the same way: of chosen and rejected outputs, and their margin.
    """
    from matplotlib.figure import Figure

    rewarded = any(MARGIN in row for row in rows)
    figure = Figure(figsize=(7, 8 if rewarded else 4), dpi=150, layout="constrained")
    panels = figure.subplots(2 if rewarded else 1, sharex=True, squeeze=False)[:, 0]
    draw_value(panels[0], rows, "loss", "tab:blue", ("training, each update", "training, running mean"))
    draw_validation(panels[0], rows, "loss", "validation")
    panels[0].set(ylabel="loss of a pair (nats)" if rewarded else "loss per completion token (nats)")
    if rewarded:
        for name, color, label in REWARDS_DRAWN:
            draw_value(panels[1], rows, name, color, (None, label))
        draw_validation(panels[1], rows, MARGIN, "margin, validation")
        panels[1].set(ylabel="reward, running mean (nats)")
    panels[-1].set(xlabel="update")
    for axes in panels:
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def draw_value(axes: "Axes", rows: Sequence[Row], name: str, color: str, labels: tuple[str | None, str]) -> None:
    """Draw a value of the updates, faintly, and its running mean."""
    import pandas

    steps, values = zip(*[(row["step"], row[name]) for row in rows if {"step", name} <= row.keys()], strict=True)
    means = pandas.Series(values).rolling(max(LEAST_WINDOW, len(values) // 20), min_periods=1).mean()
    axes.plot(steps, values, color=color, alpha=0.25, linewidth=1, label=labels[0])
    axes.plot(steps, means, color=color, linewidth=2, label=labels[1])


def draw_validation(axes: "Axes", rows: Sequence[Row], name: str, label: str) -> None:
    """Draw a value of the evaluations, if there are any."""
    found = [(row["step"], row[f"eval_{name}"]) for row in rows if {"step", f"eval_{name}"} <= row.keys()]
    if found:
        axes.plot(*zip(*found, strict=True), color="tab:orange", marker="o", linewidth=2, label=label)


if __name__ == "__main__":
    cli.run(main, parser())
