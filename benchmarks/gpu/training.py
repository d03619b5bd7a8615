"""Tokens trained on per second and the memory it takes on a GPU, beside TRL's SFTTrainer with its own defaults."""

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import requests
from benchmarks import training as on_rows
from benchmarks.comparing import values
from benchmarks.gpu.limits import middle, share_of_operations
from benchmarks.results import Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Run, Task, Work, alternate
from scripts.lib.rows.jsonl import write_rows
from scripts.lib.training.data import TrainingData
from scripts.lib.training.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer

ROWS = 384
LONGEST_TASK = 256
LONGEST_OUTPUT = 1200
"""Characters: a row then stays below TRL's longest length of 1,024 tokens, so that neither side cuts any."""
MOST_MEMORY = 105
"""Percent of TRL's memory that count as the same."""
PASSES = 2
"""A forward pass, and a backward one through weights that get no gradients themselves. What is computed twice to save
memory is not counted."""


def measure(setup: Setup) -> Report:
    """Compare tokens per second in batches of as many rows, and the peak memory of both."""
    size = setup.size(ROWS)
    arguments = training_arguments(setup, size, setup.work / "gpu_training")
    tasks = Task(on_rows.of_like_length, arguments, [size]), Task(by_default, arguments, [size])
    sides = alternate(*tasks, setup.rounds, setup.log)
    what = f"batches of {on_rows.BATCH} rows: tokens trained on per second"
    report = Report([values("gpu_training", what, "/s", rate, sides, bar=1.3, less_is_better=False)])
    memory = 100 * sides[0].mb / sides[1].mb
    report.facts.append(Fact("gpu_training", "peak memory, of that of TRL", memory, "%", most=MOST_MEMORY))
    for name, side in zip(("ours", "reference"), sides, strict=True):
        used = middle(side, lambda run: share_of_operations(setup, rate(run), 1.0, PASSES))
        report.facts.append(Fact("gpu_training", f"model-flops utilisation: {name}", used, "%"))
        padding = 100 * middle(side, lambda run: run.counted["padding"])
        report.facts.append(Fact("gpu_training", f"padding: {name}", padding, "%"))
    return report


def training_arguments(setup: Setup, count: int, folder: Path) -> tuple[Path, Path, Path, int, Computing]:
    """Return what both sides are given: the model, a file with so many rows, written here, and where to work."""
    rows = requests.fitting_rows(setup.model, count, LONGEST_TASK)
    write_rows(folder / "rows.jsonl", ({**row, "output": row["output"][:LONGEST_OUTPUT]} for row in rows))
    return setup.model, folder / "rows.jsonl", folder, 0, setup.how


def rate(run: Run) -> float:
    """Return the tokens trained on in a second of the training itself."""
    return float(run.counted["tokens"] / run.counted["seconds"])


def by_default(model: Path, file: Path, folder: Path, held_back: int, how: Computing) -> Work:
    """Return the work of training on the first rows with TRL's defaults and LoRA as ours."""
    return on_rows.training(_default_trainer, model, file, folder / "default", held_back, how, 1, False)


def _default_trainer(
    config: "SFTConfig",
    settings: Hyperparameters,
    model: Path,
    tokenizer: "PreTrainedTokenizerBase",
    data: TrainingData,
) -> "SFTTrainer":
    """Return TRL's trainer with its own defaults: batch size, number format, memory saved, rows in random order."""
    from trl import SFTConfig, SFTTrainer

    from scripts.lib.training.adapters import lora

    return SFTTrainer(
        model=str(model),
        args=SFTConfig(
            output_dir=config.output_dir,
            num_train_epochs=1,
            save_strategy="no",
            report_to="none",
            use_cpu=config.use_cpu,
        ),
        train_dataset=on_rows.dataset(data.training),
        processing_class=tokenizer,
        peft_config=lora(settings),
    )
