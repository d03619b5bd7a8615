"""A training that takes two seconds: its rows, and the scripts as the workflow runs them."""

import os
import signal
import subprocess
import sys
import time

from scripts import prepare_base, train_adapter
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.conftest import ROOT

ROWS = [
    {
        "id": f"row-{n:02}",
        "instruction": f"Name word {n}.",
        "input": "a list" if n % 2 else "",
        "output": "words " * (n % 4 + 1),
    }
    for n in range(24)
]
QUICK = (
    "--epochs 3 --rows-per-update 4 --batch-size 2 --learning-rate 5e-3 --warmup-steps 2 --save-steps 5 --dtype float32"
)
QUICK += " --cpu-threads 1"


def prepared(source, target):
    arguments = ["--base", str(source), "--output", str(target / "manifest.json")]
    prepare_base.main(prepare_base.parser().parse_args(arguments))
    return target / "manifest.json"


def training_arguments(folder, base, rows, *options):
    write_rows(folder / "rows.jsonl", rows)
    files = {
        "--data": folder / "rows.jsonl",
        "--model": base,
        "--checkpoints": folder / "work",
        "--rejected": folder / "rejected.jsonl",
        "--counts": folder / "counts.json",
        "--output": folder / "adapter" / "manifest.json",
    }
    return [*(str(part) for pair in files.items() for part in pair), *QUICK.split(), *options]


def train(folder, base, rows, *options):
    train_adapter.main(train_adapter.parser().parse_args(training_arguments(folder, base, rows, *options)))
    return folder / "adapter" / "manifest.json"


def start(module, folder, base, rows, *options):
    """A training as a process of its own."""
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", module, *training_arguments(folder, base, rows, *options)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def kill_at(moment, module, folder, base, rows, *options):
    """Start a training, and kill it when a file of its checkpoints has appeared."""
    process = start(module, folder, base, rows, *options)
    deadline = time.monotonic() + 120
    while not (folder / "work" / moment).exists():
        assert process.poll() is None and time.monotonic() < deadline, f"{moment} did not appear"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def losses(folder):
    """The log of a training, but for its speed."""
    rows = read_rows(folder / "training_log.jsonl")
    return [{key: value for key, value in row.items() if key != "tokens_per_second"} for row in rows]


def weights(manifest):
    from safetensors.torch import load_file

    return load_file(manifest.parent / "adapter_model.safetensors")
