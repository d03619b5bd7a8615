"""Draw rows by iteration beside a reference, in the plane in which their vectors differ most (I-SHEEP, Figure 5).

    python -m scripts.report.figures.projection --reference seeds.safetensors --named seeds \\
        --vectors iter1.safetensors iter2.safetensors --arms tiny tiny --iterations 1 2 \\
        --pictures projection.svg projection.pdf projection.png --output projection.csv --table projection.md

The vectors are those of scripts.report.figures.embed_rows. The plane is that of the first two principal components of
all of them together; a cross marks the centre of the rows of an iteration.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib import cli
from scripts.lib.config.options import Count, checked
from scripts.lib.errors import UserError
from scripts.lib.run.claims import INPUT
from scripts.report.figures.style import GREY, looks, panels
from scripts.report.figures.written import add_outputs, markdown, write

if TYPE_CHECKING:
    import numpy
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DIGITS = 4
LEGEND_SIZE = 30
"""Points² of a mark in the legend, which stands alone."""
HEIGHT = 3.5
"""Inches of a panel, about as high as wide."""


@dataclass(frozen=True)
class Cloud:
    """Rows of one place: of which arm and iteration (0: the reference), their ids, how many there were, and where."""

    arm: str
    iteration: int
    ids: list[str]
    rows: int
    vectors: Any
    points: Any = None

    @property
    def name(self) -> str:
        """What the legend calls it."""
        return f"iteration {self.iteration}"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--reference", type=INPUT, required=True, help="vectors of the rows that the others are shown beside")
    add("--named", required=True, help="what those are called")
    add("--vectors", type=INPUT, nargs="+", required=True, help="vectors of the rows of each model and iteration")
    add("--arms", nargs="+", required=True, help="the arm that each is of")
    add("--iterations", type=checked(Count), nargs="+", required=True, help="the iteration that each is of")
    add_outputs(result)
    return result


def main(args: argparse.Namespace) -> None:
    """Write the figure, its numbers and its table."""
    for option, given in {"--arms": args.arms, "--iterations": args.iterations}.items():
        if len(given) != len(args.vectors):
            raise UserError(f"{option}: {len(given)} of them for {len(args.vectors)} --vectors; give one for each")
    clouds = [read_cloud(args.reference, args.named, 0)]
    clouds += map(read_cloud, args.vectors, args.arms, args.iterations)
    sizes = {cloud.vectors.shape[1] for cloud in clouds}
    if len(sizes) > 1:
        raise UserError(f"{args.vectors[0]}: vectors of {sorted(sizes)} numbers; give those of one embedding model")
    placed, explained = project(clouds)
    caption = (
        f"Tasks by iteration beside {args.named}, in the plane of the first two principal components of all vectors, "
        f"which hold {explained[0] + explained[1]:.0%} of their variance; crosses are centres; n = "
        f"{_listed([len(cloud.ids) for cloud in placed[1:]])} rows of each iteration, {len(placed[0].ids)} of "
        f"{args.named}; one seed of each arm."
    )
    write(args, draw(placed, explained), numbers(placed), caption, table(placed))


def read_cloud(path: Path, arm: str, iteration: int) -> Cloud:
    """Return the vectors of a file; raises UserError for a file that holds none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            vectors, about = file.get_tensor("vectors"), file.metadata() or {}
        ids, rows = json.loads(about["ids"]), int(about["of"])
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise UserError(
            f"{path}: no vectors of scripts.report.figures.embed_rows; delete it and make it again"
        ) from error
    return Cloud(arm, iteration, ids, rows, vectors)


def project(clouds: Sequence[Cloud]) -> tuple[list[Cloud], "numpy.ndarray[Any, Any]"]:
    """Return the clouds with their points in the plane, and the shares of the variance that its two axes hold."""
    import numpy
    from sklearn.decomposition import PCA

    every = numpy.concatenate([cloud.vectors for cloud in clouds]).astype("float64")
    if len(every) < 3 or not numpy.ptp(every, axis=0).any():
        raise UserError("--vectors: there is no plane through fewer than three different rows")
    plane = PCA(n_components=2, svd_solver="full").fit(every)
    placed = [
        Cloud(cloud.arm, cloud.iteration, cloud.ids, cloud.rows, cloud.vectors, plane.transform(cloud.vectors))
        for cloud in clouds
    ]
    return placed, plane.explained_variance_ratio_


def draw(clouds: Sequence[Cloud], explained: "numpy.ndarray[Any, Any]") -> "Figure":
    """Draw a panel for each arm, each with the reference behind its rows."""
    reference, *others = clouds
    arms = list(dict.fromkeys(cloud.arm for cloud in others))
    styles = looks(cloud.name for cloud in sorted(others, key=lambda cloud: cloud.iteration))
    figure = panels(len(arms), height=HEIGHT, sharex=True, sharey=True)
    for axes, arm in zip(figure.axes, arms, strict=True):
        _draw_cloud(axes, reference, GREY, "o", reference.arm, size=5)
        for cloud in (cloud for cloud in others if cloud.arm == arm):
            _draw_cloud(axes, cloud, *styles[cloud.name], cloud.name, size=9)
        for cloud in (reference, *(cloud for cloud in others if cloud.arm == arm)):
            _draw_centre(axes, cloud, GREY if cloud is reference else styles[cloud.name][0])
        axes.set_title(arm)
        axes.set(xlabel=f"first component ({explained[0]:.0%} of variance)")
        axes.set(ylabel=f"second component ({explained[1]:.0%} of variance)")
        axes.label_outer()
    return figure


def _draw_cloud(axes: "Axes", cloud: Cloud, color: str, marker: str, label: str, size: float) -> None:
    # Thousands of points as one picture: else a PDF of them takes a viewer seconds to show.
    across, up = cloud.points.T
    axes.scatter(across, up, s=size, c=color, marker=marker, alpha=0.5, linewidths=0, rasterized=True)
    axes.scatter([], [], s=LEGEND_SIZE, c=color, marker=marker, linewidths=0, label=label)


def _draw_centre(axes: "Axes", cloud: Cloud, color: str) -> None:
    centre = cloud.points.mean(axis=0)
    axes.plot(*centre, marker="X", markersize=10, markeredgecolor="white", color=color, linestyle="none", zorder=3)


def numbers(clouds: Sequence[Cloud]) -> list[dict[str, Any]]:
    """Return every point."""
    return [
        {
            "arm": cloud.arm,
            "iteration": cloud.iteration,
            "id": name,
            "x": round(float(x), DIGITS),
            "y": round(float(y), DIGITS),
        }
        for cloud in clouds
        for name, (x, y) in zip(cloud.ids, cloud.points, strict=True)
    ]


def table(clouds: Sequence[Cloud]) -> str:
    """Return for each cloud its centre, how far its rows are from it, and how far it is from the reference's centre.

    The distances are those of the vectors themselves, not of their shadows in the plane.
    """
    import numpy

    reference = clouds[0].vectors.mean(axis=0)
    lines = []
    for cloud in clouds:
        centre = cloud.vectors.mean(axis=0)
        spread = numpy.linalg.norm(cloud.vectors - centre, axis=1).mean()
        x, y = cloud.points.mean(axis=0)
        lines.append(
            [cloud.arm, cloud.name if cloud.iteration else "reference", f"{len(cloud.ids):,} of {cloud.rows:,}"]
            + [f"{x:.3f}", f"{y:.3f}", f"{spread:.3f}", f"{numpy.linalg.norm(centre - reference):.3f}"]
        )
    header = ["model", "iteration", "rows", "centre, first", "centre, second"]
    return markdown([*header, "mean distance from its centre", "its centre from the reference's"], lines)


def _listed(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


if __name__ == "__main__":
    cli.run(main, parser())
