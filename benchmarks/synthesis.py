"""From what a model wrote to new instructions, at sizes far above the paper's: parse, rules, novelty, and the cut."""

import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import rmtree

from benchmarks import inputs
from benchmarks.results import Curve, Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Task, alone, script
from scripts.lib.engines.requests import Request
from scripts.lib.models.prompting import read_template, render
from scripts.lib.rows.jsonl import Row, count_rows, read_text_rows, row_writer, write_rows
from scripts.lib.self_instruct.prompts import NO_INPUT, TASKS_ASKED_FOR, example_block, request_key

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "config/seeds/general.jsonl"
META_PROMPT = ROOT / "config/prompts/synthesis/default.txt"
EXAMPLES, SHARDS = 5, 8
CUT_OFF = 0.3
"""The share of texts that end at the token limit, in the middle of a task."""
LOST_FORM = 0.02
"""The share of tasks that are not in the form of the examples."""
BEYOND = 10
"""How many times the largest size the costs are extrapolated to."""

Cost = tuple[float, float]
"""CPU seconds and peak MB of a command."""


def measure(setup: Setup) -> Report:
    """Measure the commands that users run, on up to a million instructions, and say what ten million would cost."""
    sizes = setup.sizes(40_000, 100_000, 200_000, 500_000, 1_000_000)
    texts = inputs.instructions(max(sizes), seed=4)
    folder = setup.work / "synthesis"
    costs: dict[str, dict[int, Cost]] = {}
    kept = 0
    for size in sizes:
        write_round(folder, texts[:size])
        for name, task in commands(folder, size).items():
            side = alone(task, setup.log)
            costs.setdefault(name, {})[size] = (side.largest[0].cpu, side.mb)
        kept = count_rows(folder / "kept.jsonl")
    rmtree(folder)
    kept_of = Fact("synthesis", f"kept of {max(sizes):,} instructions", 100 * kept / max(sizes), "%")
    return Report(
        facts=[kept_of, *(fact for name, of_sizes in costs.items() for fact in _facts(name, of_sizes))],
        costs=[_curve(name, of_sizes, unit) for name, of_sizes in costs.items() for unit in UNITS],
    )


UNITS = ("CPU seconds", "peak MB")


def commands(folder: Path, size: int) -> dict[str, Task]:
    """Return the commands as the workflow runs them on a round of this many instructions, and the filter alone."""
    kept, rejected = folder / "kept.jsonl", folder / "rejected.jsonl"
    ends = ["--output", folder / "prompts.jsonl", "--rejected", folder / "prompts_rejected.jsonl"]
    given: dict[str, tuple[str, list[object]]] = {
        "parse, rules and novelty": (
            "scripts.collect_synthesis",
            ["--requests", folder / "requests.jsonl", "--completions", *sorted(folder.glob("completions_*.jsonl"))]
            + ["--seeds", SEEDS, "--iteration", 1, "--output", kept, "--rejected", rejected],
        ),
        "the cut to the target": (
            "scripts.finish_synthesis",
            ["--input", kept, "--input-rejected", rejected, "--target", max(1, size // 2), *ends]
            + ["--minimum-share", 0.01],
        ),
        "novelty alone": (
            "scripts.novelty_filter",
            ["--input", folder / "rows.jsonl", "--seeds", SEEDS, *ends],
        ),
    }
    return {name: Task(script, (module, [*map(str, args)]), [size]) for name, (module, args) in given.items()}


def write_round(folder: Path, texts: Sequence[str]) -> None:
    """Write the requests of a round and its completions in shards, whose texts hold these instructions as tasks."""
    rng = random.Random(5)
    seeds = list(read_text_rows(SEEDS, "instruction", "input"))
    opening = render(read_template(META_PROMPT, "count"), count=str(TASKS_ASKED_FOR)).text
    written = list(enumerate(completions(texts, rng)))
    write_rows(folder / "rows.jsonl", ({"instruction": text} for text in texts))
    prompts = (
        Request(
            row["id"], "generate", opening + example_block(rng.sample(seeds, EXAMPLES)), max_tokens=1000, seed=number
        )
        for number, row in written
    )
    write_rows(folder / "requests.jsonl", (request.to_row() for request in prompts))
    for shard in range(SHARDS):
        with row_writer(folder / f"completions_{shard + 1}_of_{SHARDS}.jsonl") as writer:
            for number, row in written:
                if number % SHARDS == shard:
                    writer.write(row)


def completions(texts: Sequence[str], rng: random.Random) -> Iterator[Row]:
    """Yield texts as a model writes them: some eleven numbered tasks, the last often cut off, few without the form."""
    task_inputs = [row["input"] for row in inputs.rows()]
    place = 0
    while place < len(texts):
        tasks = texts[place : place + rng.randint(8, TASKS_ASKED_FOR - EXAMPLES)]
        pieces = [_piece(number, task, rng, task_inputs) for number, task in enumerate(tasks, start=EXAMPLES + 1)]
        text = "###\n".join(pieces).partition("Instruction:")[2]
        cut = rng.random() < CUT_OFF
        yield {
            "id": request_key(1, 1, place),
            "text": text[: -rng.randint(2, 40)] if cut else text,
            "finish_reason": "length" if cut else "stop",
            "output_tokens": len(text) // 4,
            "made_by": {"model": "5f0c1d2e3b4a5968", "engine": "vllm", "template": "0a1b2c3d4e5f6071", "seed": place},
        }
        place += len(tasks)


def _piece(number: int, task: str, rng: random.Random, task_inputs: Sequence[str]) -> str:
    separator = " -" if rng.random() < LOST_FORM else "."
    task_input = " ".join(rng.choice(task_inputs).split()[:100])
    return f"{number}{separator} Instruction: {task}\n{number}. Input:\n{task_input or NO_INPUT}\n"


def _facts(name: str, costs: dict[int, Cost]) -> list[Fact]:
    """Return the cost at each size, and at ten times the largest, as the last two sizes let expect.

    Seconds grow by a power of the size; memory by so much for each instruction.
    """
    facts = []
    for size, (cpu, mb) in costs.items():
        facts.append(Fact("synthesis", f"{name}, {size:,} instructions: time", cpu, "CPU s"))
        facts.append(Fact("synthesis", f"{name}, {size:,} instructions: memory", mb, "MB"))
    before, last = sorted(costs)[-2:]
    (less, fewer_mb), (cpu, mb) = costs[before], costs[last]
    power = math.log(cpu / less) / math.log(last / before)
    beyond = f"{name}, extrapolated to {BEYOND * last:,}"
    each_mb = (mb - fewer_mb) / (last - before)
    return [
        *facts,
        Fact("synthesis", f"{name}: power of the size that time grows with, {before:,} to {last:,}", power),
        Fact("synthesis", f"{beyond}: time", cpu * BEYOND**power, "CPU s"),
        Fact("synthesis", f"{beyond}: memory", mb + each_mb * (BEYOND - 1) * last, "MB"),
    ]


def _curve(name: str, costs: dict[int, Cost], unit: str) -> Curve:
    points = [(size, cost[UNITS.index(unit)]) for size, cost in costs.items()]
    return Curve(f"synthesis: {name}", "ours", "instructions", unit, points)
