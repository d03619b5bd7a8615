"""Measure what this project does fast beside public libraries used the way the published methods use them.

    python -m benchmarks                             everything; some items take many minutes
    python -m benchmarks --only novelty training     these two alone
    python -m benchmarks --quick                     everything for a look: little work, one round
    python -m benchmarks --device gpu                what is measured on a GPU, with a model of 1.1 billion parameters

Both sides of a comparison run in turn, each in a process of its own, on the same rows: published ones
where they lie beside the project (../shared/data), else made ones. Ratios are what counts; seconds
depend on the machine. Writes a table, JSON and pictures to --output; what stands there of other items stays.
What is measured on a GPU also runs on a CPU, for a look at the program: --only gpu_generation --quick.
"""

import argparse
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    assessment,
    choices,
    dry_run,
    jobs,
    journal,
    memory,
    novelty,
    perplexity,
    prefixes,
    sandbox,
    streaming,
    synthesis,
    training,
)
from benchmarks.gpu import determinism, generation, limits, reading
from benchmarks.gpu import training as gpu_training
from benchmarks.gpu.model import SIZES, build_random_llama
from benchmarks.report import JSON, MARKS, machine, markdown, table, write, write_into_page
from benchmarks.results import Report
from benchmarks.setup import Computing, Setup
from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json

ITEMS: dict[str, Callable[[Setup], Report]] = {
    "novelty": novelty.measure,
    "transformers": streaming.measure,
    "vllm": streaming.measure_vllm,
    "prefixes": prefixes.measure,
    "choices": choices.measure,
    "assessment": assessment.measure,
    "training": training.measure,
    "perplexity": perplexity.measure,
    "memory": memory.measure,
    "dry_run": dry_run.measure,
    "synthesis": synthesis.measure,
    "jobs": jobs.measure,
    "journal": journal.measure,
    "sandbox": sandbox.measure,
}

ON_A_GPU: dict[str, Callable[[Setup], Report]] = {
    "gpu_limits": limits.measure,
    "gpu_generation": generation.measure,
    "gpu_vllm": generation.measure_vllm,
    "gpu_choices": reading.measure_choices,
    "gpu_perplexity": reading.measure_perplexity,
    "gpu_training": gpu_training.measure,
    "gpu_determinism": determinism.measure,
}

MODEL, MODEL_ON_A_GPU = Path("config/models/tiny"), "billion"
OUTPUTS = {"cpu": Path("results/benchmarks"), "gpu": Path("results/benchmarks_gpu")}

PEAK = "Peak MB is the GPU's memory."
QUICK = "A quick run: too little work for the bars to mean anything."


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", **cli.description(__doc__))
    add = parser.add_argument
    items = [*ITEMS, *ON_A_GPU]
    add("--device", choices=OUTPUTS, default="cpu", help="what to measure on (default %(default)s)")
    add("--only", nargs="+", choices=items, metavar="ITEM", help=f"of {', '.join(items)}; those with gpu_ if on one")
    add("--quick", action="store_true", help="little work, one round: shows that it runs, not how fast")
    add("--rounds", type=int, default=3, help="how often both sides run in turn (default %(default)s)")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--model", type=Path, help=f"folder of the model (default on a CPU: {MODEL})")
    model.add_argument(
        "--random-model",
        choices=SIZES,
        help=f"a Llama of this size, made with random weights (default on a GPU: {MODEL_ON_A_GPU})",
    )
    add("--output", type=Path, help=f"folder to write to (default {OUTPUTS['cpu']}, or {OUTPUTS['gpu']})")
    add("--page", type=Path, help="page whose table and pictures are replaced as well, e.g. docs/performance.md")
    return parser


def main(args: argparse.Namespace) -> None:
    """Measure the items and write what was found."""
    see(args.device)
    where = machine()
    output = args.output or OUTPUTS[args.device]
    chosen = args.only or list(ON_A_GPU if args.device == "gpu" else ITEMS)
    output.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(output / "work", ignore_errors=True)
    setup = Setup(
        model=model_of(args, output / "work"),
        work=output / "work",
        log=output / "log.txt",
        rounds=1 if args.quick else args.rounds,
        quick=args.quick,
        how=Computing(args.device),
    )
    setup.log.unlink(missing_ok=True)
    report = measured_before(output / JSON, chosen)
    report.notes += [*([PEAK] if args.device == "gpu" else []), *([QUICK] if args.quick else [])]
    for item in chosen:
        print(f"{item} …", flush=True)
        report.add((ITEMS | ON_A_GPU)[item](setup))
        # An item takes minutes: what is measured is kept, whatever becomes of the next one.
        files = write(report, where, output)
    shutil.rmtree(setup.work, ignore_errors=True)
    for_page = markdown(report, where)
    print(f"\n{for_page if args.device == 'gpu' else table(report)}\n")
    if args.page:
        write_into_page(args.page, for_page, files, MARKS[args.device])
    figures = f"{len(report.comparisons)} comparisons, {len(report.facts)} figures"
    cli.say_where(files[0], f"{figures}, {len(report.missed)} bars missed")


def see(device: str) -> None:
    """Let this process and those it starts see the first GPU alone, or none; raises UserError if there is none to see.

    Two GPUs would be another comparison, and a CPU is measured on a machine with GPUs, too.
    """
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]
    os.environ["CUDA_VISIBLE_DEVICES"] = first if device == "gpu" else ""
    import torch

    if device == "gpu" and not torch.cuda.is_available():
        raise UserError(
            f"--device gpu: torch {torch.__version__} sees no GPU; run it where nvidia-smi shows one, "
            "with a CUDA build of torch"
        )


def model_of(args: argparse.Namespace, work: Path) -> Path:
    """Return the folder of the model to measure with, which is made if none is named that lies there."""
    size = args.random_model or (MODEL_ON_A_GPU if args.device == "gpu" and not args.model else None)
    if size is None:
        return Path(args.model or MODEL)
    print(f"making a random model: {size} …", flush=True)
    return build_random_llama(work / "model", SIZES[size])


def measured_before(path: Path, items: Sequence[str]) -> Report:
    """Return what an earlier run found of other items than these."""
    return Report.from_json(read_json(path), without=items) if path.is_file() else Report()


if __name__ == "__main__":
    cli.run(main, parser())
