"""A generation step of a million rows that is taken up again: its journal read back, and its completions collected."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Any

from benchmarks import inputs
from benchmarks.memory import Prompt
from benchmarks.results import Curve, Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Side, Task, Work, alone, script
from scripts.lib.engines import open_engine
from scripts.lib.engines.base import Engine, EngineSettings, Unit
from scripts.lib.engines.journal import Shard, complete, unit_keys
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.progress import generated

MOST_SECONDS, MOST_MB = 30, 1000
PLANNED = "a job plans its requests, and names its units"
WHOLE = "the same job, which finds all of its rows in the journal and writes them"
COMMAND = "scripts.complete with a finished journal and the tiny model's tokenizer"
STATUS = "what make status reads of it"
COLLECTED = "scripts.collect_answering"


def measure(setup: Setup) -> Report:
    """Measure what meets the rows of a large step again: CPU seconds and memory, on up to a million rows."""
    found: dict[str, list[tuple[int, Side]]] = {}
    for size in setup.sizes(100_000, 1_000_000):
        folder = setup.work / "journal"
        for name, task in tasks(folder, setup.model, size):
            side = alone(task, setup.log)
            if name:
                found.setdefault(name, []).append((size, side))
        gigabytes = (folder / "journal/1_of_1.jsonl").stat().st_size / 1e9
        rmtree(folder)
    size = found[WHOLE][-1][0]
    what = f"{size:,} rows ({gigabytes:.2f} GB)"
    cpu = {name: sides[-1][1].largest[0].cpu for name, sides in found.items()}
    facts = [
        Fact("journal", f"{what} read back: what is beyond the plan", cpu[WHOLE] - cpu[PLANNED], "CPU s", MOST_SECONDS)
    ]
    for name, sides in found.items():
        facts += [
            Fact("journal", f"{name}, {what}: time", cpu[name], "CPU s"),
            Fact("journal", f"{name}: memory", sides[-1][1].mb, "MB", MOST_MB if name == WHOLE else None),
        ]
    curves = [
        Curve(f"journal: {name}", "ours", "rows", "peak MB", [(size, side.mb) for size, side in found[name]])
        for name in (WHOLE, COLLECTED)
    ]
    return Report(facts=facts, costs=curves)


def tasks(folder: Path, model: Path, size: int) -> Iterator[tuple[str, Task]]:
    """Yield what is done, in order; what has no name makes the files for what follows."""
    asked, journal, completions = (folder / name for name in ("requests.jsonl", "journal", "completions_1_of_1.jsonl"))
    yield "", Task(writing_requests, (folder,), [size])
    yield "", Task(writing_journal, (folder, None), [size])
    yield PLANNED, Task(planning, (asked,), [size])
    yield WHOLE, Task(completing, (asked, journal, completions), [size])
    yield STATUS, Task(asking, (folder,), [size])
    yield "", Task(writing_journal, (folder, model), [size])
    options = {"--requests": asked, "--model": model, "--journal": journal, "--output": completions}
    engine = ["--engine=transformers", "--dtype=float32"]
    yield COMMAND, Task(script, ("scripts.complete", [*_flags(options), *engine]), [size])
    options = {"--input": folder / "rows.jsonl", "--completions": completions, "--output": folder / "outputs.jsonl"}
    yield COLLECTED, Task(script, ("scripts.collect_answering", _flags(options)), [size])


def _flags(options: dict[str, Path]) -> list[str]:
    return [str(part) for option in options.items() for part in option]


class OneByOne(Prompt):
    """An engine without a model whose units are single requests, as vLLM's are: a line in the journal for each row."""

    def plan(self, requests: Sequence[Request]) -> list[Unit]:
        """Return each request as a unit."""
        return [(request,) for request in sorted(requests, key=lambda request: (request.task, request.id))]


def planning(asked: Path) -> Work:
    """Return the work of planning requests that are read already, and of naming the units."""
    requests, engine = list(read_requests(asked)), OneByOne()
    return lambda size: {"units": len(unit_keys(engine.plan(requests), "model", engine))}


def completing(asked: Path, journal: Path, output: Path) -> Work:
    """Return the work of a job on requests that are read already."""
    requests, engine = list(read_requests(asked)), OneByOne()
    return lambda size: {"rows": write_rows(output, complete(engine, "model", requests, Shard(1, 1), journal))}


def asking(folder: Path) -> Work:
    """Return the work of telling how far a generation step is."""
    return lambda size: {"progress": str(generated(folder))}


def writing_requests(folder: Path) -> Work:
    """Return the work of writing the rows of a step, and the requests that ask for their answers."""

    def work(size: int) -> dict[str, Any]:
        write_rows(folder / "rows.jsonl", _rows(size))
        return {"requests": write_rows(folder / "requests.jsonl", _requests(size))}

    return work


def writing_journal(folder: Path, model: Path | None) -> Work:
    """Return the work of writing the journal of a job that has ended: of the engine above, or of transformers."""
    engine: Engine = OneByOne()
    fingerprint = "model"
    if model is not None:
        manifest = load_manifest(model)
        engine = open_engine("transformers", manifest, EngineSettings(dtype="float32"))
        fingerprint = manifest.fingerprint

    def work(size: int) -> dict[str, Any]:
        plan = engine.plan(list(read_requests(folder / "requests.jsonl")))
        answers = {row["id"]: row["output"] for row in islice(inputs.rows_of_a_run(), size)}
        entries = (
            {"fingerprint": key, "rows": [_answer(request, answers[request.id]) for request in unit]}
            for key, unit in zip(unit_keys(plan, fingerprint, engine), plan, strict=True)
        )
        return {"units": write_rows(folder / "journal/1_of_1.jsonl", entries)}

    return work


def _answer(request: Request, text: str) -> Row:
    tokens = {"prompt_tokens": len(request.prompt) // 4, "output_tokens": len(text) // 4}
    return {"id": request.id, "text": text, "finish_reason": "stop", **tokens}


def _rows(size: int) -> Iterator[Row]:
    for row in islice(inputs.rows_of_a_run(), size):
        yield {name: row[name] for name in ("id", "instruction", "input")} | {"made_by": {}}


def _requests(size: int) -> Iterator[Row]:
    for number, row in enumerate(_rows(size)):
        prompt = f"{row['instruction']}\n{row['input']}\n"
        request = Request(row["id"], "generate", prompt, max_tokens=48, top_p=0.95, template="base", seed=number)
        yield request.to_row()
