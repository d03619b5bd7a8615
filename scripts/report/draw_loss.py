"""Draw the loss of a training, from its log.

python -m scripts.report.draw_loss --log results/tiny/iter1/adapter/training_log.jsonl --output loss.png
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.run.claims import INPUT, PICTURE
from scripts.lib.training.log import read_log

LEAST_WINDOW = 5
"""Updates that a running mean is over, at least; else a twentieth of all."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument(
        "--log", type=INPUT, required=True, help="training_log.jsonl, as scripts.train_adapter writes it"
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
    """Draw the loss over the updates: each update faintly, their running mean, and the validation loss."""
    import pandas
    from matplotlib.figure import Figure

    training = [(row["step"], row["loss"]) for row in rows if {"step", "loss"} <= row.keys()]
    validation = [(row["step"], row["eval_loss"]) for row in rows if {"step", "eval_loss"} <= row.keys()]
    figure = Figure(figsize=(7, 4), dpi=150, layout="constrained")
    axes = figure.subplots()
    steps, losses = zip(*training, strict=True)
    means = pandas.Series(losses).rolling(max(LEAST_WINDOW, len(losses) // 20), min_periods=1).mean()
    axes.plot(steps, losses, color="tab:blue", alpha=0.25, linewidth=1, label="training, each update")
    axes.plot(steps, means, color="tab:blue", linewidth=2, label="training, running mean")
    if validation:
        axes.plot(*zip(*validation, strict=True), color="tab:orange", marker="o", linewidth=2, label="validation")
    axes.set(xlabel="update", ylabel="loss per completion token (nats)")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


if __name__ == "__main__":
    cli.run(main, parser())
