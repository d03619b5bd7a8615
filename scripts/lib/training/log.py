"""What a training leaves behind besides weights: its log as a file and as a picture."""

from collections.abc import Sequence
from pathlib import Path

from scripts.lib.rows.jsonl import Row, write_rows

LOG_FIELDS = ("step", "loss", "eval_loss", "learning_rate", "tokens_per_second")


def write_log(path: Path, history: Sequence[dict[str, float]]) -> list[Row]:
    """Write the trainer's history, one row per update and one per evaluation; return the rows."""
    rows = [
        {field: entry[field] for field in LOG_FIELDS if field in entry}
        for entry in history
        if "loss" in entry or "eval_loss" in entry
    ]
    write_rows(path, rows)
    return rows


def draw_loss(path: Path, rows: Sequence[Row]) -> None:
    """Draw the loss over the updates: each update faintly, their running mean, and the validation loss."""
    from matplotlib.figure import Figure

    training = [(row["step"], row["loss"]) for row in rows if "loss" in row]
    validation = [(row["step"], row["eval_loss"]) for row in rows if "eval_loss" in row]
    figure = Figure(figsize=(7, 4), dpi=150, layout="constrained")
    axes = figure.subplots()
    steps, losses = zip(*training, strict=True)
    axes.plot(steps, losses, color="tab:blue", alpha=0.25, linewidth=1, label="training, each update")
    axes.plot(steps, running_mean(losses), color="tab:blue", linewidth=2, label="training, running mean")
    if validation:
        axes.plot(*zip(*validation, strict=True), color="tab:orange", marker="o", linewidth=2, label="validation")
    axes.set(xlabel="update", ylabel="loss per completion token (nats)")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path)


def running_mean(losses: Sequence[float]) -> list[float]:
    """Return for each value the mean of it and those before it, over a twentieth of all (5 at least)."""
    width = max(5, len(losses) // 20)
    windows = (losses[max(0, end - width) : end] for end in range(1, len(losses) + 1))
    return [sum(window) / len(window) for window in windows]
