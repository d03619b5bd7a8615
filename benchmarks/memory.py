"""What filters and jobs hold in memory while rows stream through them, beside holding all rows."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Any

from benchmarks import inputs
from benchmarks.results import Curve, Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Task, Work, alone, script
from scripts.autoif.verify_responses import NOT_FOLLOWED
from scripts.lib.engines.base import Unit
from scripts.lib.engines.batches import Sized, batches
from scripts.lib.engines.journal import Shard, complete
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.rows.jsonl import Row, read_text_rows, row_writer, write_rows
from scripts.lib.rows.verdicts import reject

MOST_MB = 500
MOST_HELD = 100_000
"""Rows that the reference is given at most: all of a million take gigabytes."""


def measure(setup: Setup) -> Report:
    """Measure the peak memory of each reader on up to a million rows, and of a job on up to 100,000 requests."""
    report = Report()
    folder = setup.work / "memory"
    points: dict[str, list[tuple[float, float]]] = {}
    sizes = setup.sizes(10_000, 100_000, 1_000_000)
    for size in sizes:
        rows = folder / "rows.jsonl"
        write_rows(rows, islice(inputs.rows_of_a_run(), size))
        for name, task in readers(rows).items():
            if name != "all rows held" or size <= MOST_HELD:
                points.setdefault(name, []).append((size, alone(Task(*task, [size]), setup.log).mb))
        gigabytes = rows.stat().st_size / 1e9
    for name, found in points.items():
        last, mb = found[-1]
        held = name == "all rows held"
        what = f"{name}, {last:,.0f} rows" + ("" if held else f" ({gigabytes:.2f} GB)")
        report.facts.append(Fact("memory", what, mb, "MB", most=None if held else MOST_MB))
    report.costs += [
        Curve("memory", "reference" if name == "all rows held" else "ours", "rows", "peak MB", found)
        for name, found in points.items()
        if name in ("all rows held", "rule filter")
    ]
    report.add(measure_answers(setup))
    report.add(measure_job(setup))
    return report


def readers(rows: Path) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """Return the work of each script that reads many rows, and of the reference."""
    written = [f"--{name}={rows.with_name(name)}.jsonl" for name in ("output", "rejected")]
    arguments = [f"--input={rows}", *written]
    return {
        "rule filter": (script, ("scripts.isheep.rule_filter", arguments)),
        "score filter": (script, ("scripts.isheep.score_filter", arguments)),
        "merging of prompts": (script, ("scripts.self_align.merge_prompts", [f"--instructions={rows}", *written])),
        "novelty filter's reader": (reading, (rows,)),
        "all rows held": (holding, (rows,)),
    }


def measure_answers(setup: Setup) -> Report:
    """Measure the peak memory of each script of AutoIF that reads all answers, on a fifth of a million and on all."""
    report = Report()
    for size in setup.sizes(200_000, 1_000_000):
        for name, task in readers_of_answers(setup.work / "answers", size).items():
            mb = alone(Task(*task, [size]), setup.log).mb
            report.facts.append(Fact("memory", f"{name}, {size:,} answers", mb, "MB", most=MOST_MB))
    return report


def readers_of_answers(folder: Path, size: int) -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """Return the work of each of these scripts, on files that are written anew."""
    names = ("answers", "functions", "scores", "kept", "fallen", "output", "rejected")
    files = {name: folder / f"{name}.jsonl" for name in names}
    write_rows(files["answers"], islice(inputs.verified_answers(), size))
    of_an_instruction = inputs.ANSWERS * inputs.PROMPTS
    write_rows(files["functions"], islice(inputs.verifying_functions(), -(-size // of_an_instruction)))
    with (
        row_writer(files["scores"]) as scores,
        row_writer(files["kept"]) as kept,
        row_writer(files["fallen"]) as fallen,
    ):
        for row in islice(inputs.verified_answers(), size):
            scores.write({"id": row["id"], "probabilities": {"9": 0.9}, "made_by": row["made_by"]["output"]})
            if row["accuracy"]:
                kept.write(row)
            else:
                fallen.write(reject(row, NOT_FOLLOWED))
    read, written = f"--input={files['answers']}", f"--output={files['output']}"
    sifted = [written, f"--rejected={files['rejected']}"]
    sides = [f"--kept={files['kept']}", f"--rejected-answers={files['fallen']}"]
    return {
        "verification": (
            script, ("scripts.autoif.verify_responses", [read, f"--functions={files['functions']}", *sifted])
        ),
        "collecting of scores": (
            script, ("scripts.autoif.collect_scoring", [read, f"--completions={files['scores']}", written])
        ),
        "pairs": (script, ("scripts.autoif.make_pairs", [*sides, *sifted])),
    }  # fmt: skip


def reading(path: Path) -> Work:
    """Return the work of reading rows as the novelty filter does, one at a time."""
    return lambda size: {"rows": sum(1 for _ in read_text_rows(path, "instruction"))}


def holding(path: Path) -> Work:
    """Return the work of reading all rows before the first one is looked at, as the published code does."""

    def work(size: int) -> dict[str, Any]:
        with path.open(encoding="utf-8") as stream:
            return {"rows": len([json.loads(line) for line in stream])}

    return work


def measure_job(setup: Setup) -> Report:
    """Measure the peak memory of a generation job beside the model: requests, journal, and rows."""
    points = []
    for size in setup.sizes(1_000, 10_000, 100_000):
        folder = setup.work / "job"
        asked = folder / "requests.jsonl"
        write_rows(asked, (request.to_row() for request in _requests(size)))
        points.append((size, alone(Task(job, (asked, folder / "journal"), [size]), setup.log).mb))
        rmtree(folder / "journal")
    size, mb = points[-1]
    return Report(
        facts=[Fact("memory", f"a job of {size:,} requests beside its model", mb, "MB", most=MOST_MB)],
        costs=[Curve("memory of a job", "ours", "requests", "peak MB", points)],
    )


def job(asked: Path, journal: Path) -> Work:
    """Return the work of completing requests with an engine that knows every answer at once."""

    def work(size: int) -> dict[str, Any]:
        return {"rows": sum(1 for _ in complete(Prompt(), "model", list(read_requests(asked)), Shard(1, 1), journal))}

    return work


class Prompt:
    """An engine that answers with the prompt: what is left is what a job does beside generating."""

    name = "prompt"
    reproducible = True

    def identity(self) -> dict[str, str | int | bool]:
        """Return its name."""
        return {"engine": self.name}

    def plan(self, requests: Sequence[Request]) -> list[Unit]:
        """Return batches as the transformers engine makes them."""
        sized = (Sized(request, len(request.prompt.split()), request.max_tokens) for request in requests)
        return batches(sized, lambda task: 16384, 16384)

    def run(self, units: Sequence[Unit]) -> Iterator[tuple[int, list[Row]]]:
        """Yield the prompts, batch by batch."""
        for place, unit in enumerate(units):
            yield place, [{"id": request.id, "text": request.prompt, "finish_reason": "stop"} for request in unit]


def _requests(count: int) -> Iterator[Request]:
    for row in islice(inputs.rows_of_a_run(), count):
        yield Request(row["id"], "generate", f"{row['instruction']}\n{row['output']}", max_tokens=256)
