"""Training on batches of like length beside batches in the order of arrival, padded to their longest row."""

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median, stdev
from typing import TYPE_CHECKING, Any

from benchmarks import inputs, requests
from benchmarks.comparing import rates
from benchmarks.results import Curve, Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Side, Task, Work, alone, alternate
from scripts.lib.models.loading import load_model, load_tokenizer, set_cpu_threads
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.training.adapters import lora
from scripts.lib.training.data import Example, TrainingData, read_examples
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.order import training_order
from scripts.lib.training.sft import build_trainer, configure
from scripts.tiny_world.world import draw_task

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer

BATCH = 8
CUTOFF = 512
PAPERS_ROWS = 3000
SEEDS = 5
"""Trainings of each side for the picture of the loss: what differs between them is noise."""
TASKS, TASKS_HELD_BACK = 400, 64
"""Rows of these trainings: tasks of the tiny world with a right answer, which the tiny model can learn."""
UPDATES_BETWEEN_EVALUATIONS = 10


def measure(setup: Setup) -> Report:
    """Compare tokens per second, padding, and the loss on rows held back."""
    sizes = setup.sizes(32, 96)
    folder = setup.work / "training"
    write_rows(folder / "rows.jsonl", requests.fitting_rows(setup.model, max(sizes), CUTOFF // 3))
    arguments = (setup.model, folder / "rows.jsonl", folder, 0, setup.how)
    sides = alternate(
        Task(of_like_length, arguments, sizes), Task(as_they_arrive, arguments, sizes), setup.rounds, setup.log
    )
    report = rates("training", "tokens trained on", "tokens", sides, bar=1.5, size="rows")
    report.facts += _padding(setup, *sides)
    report.add(_losses(setup, folder))
    return report


def _padding(setup: Setup, ours: Side, reference: Side) -> list[Fact]:
    """Return the share of padding in what was trained on here, and in a training of the paper's size."""
    tokenizer = load_tokenizer(setup.model)
    texts = [f"{row['instruction']}\n{row['input']}\n{row['output']}" for row in inputs.rows()[:PAPERS_ROWS]]
    lengths = [min(1024, len(ids)) for ids in tokenizer(texts)["input_ids"]]
    order = training_order(lengths, epochs=2, rows_per_update=BATCH, seed=1)
    planned = 100 * padding([lengths[place] for place in order])
    measured = [100 * median(run.counted["padding"] for run in side.largest) for side in (ours, reference)]
    rows = max(ours.runs)
    return [
        Fact("training", f"padding, {len(lengths):,} rows of any length in batches of {BATCH}", planned, "%", most=10),
        Fact("training", f"padding here, {rows} rows: ours", measured[0], "%"),
        Fact("training", f"padding here, {rows} rows: reference", measured[1], "%"),
    ]


def padding(lengths: Sequence[int]) -> float:
    """Return the share of padding where rows of these lengths are batched as they come."""
    batches = [lengths[start : start + BATCH] for start in range(0, len(lengths), BATCH)]
    return 1 - sum(lengths) / sum(len(batch) * max(batch) for batch in batches)


def _losses(setup: Setup, folder: Path) -> Report:
    """Return the loss on the rows held back over the updates, for some seeds of each side, and where it ends."""
    seeds, size = 1 if setup.quick else SEEDS, setup.size(TASKS)
    write_rows(folder / "tasks.jsonl", tasks(size + TASKS_HELD_BACK))
    arguments = (setup.model, folder / "tasks.jsonl", folder, TASKS_HELD_BACK, setup.how)
    report = Report()
    last: dict[str, list[float]] = {}
    for name, prepare in (("ours", of_like_length), ("reference", as_they_arrive)):
        for seed in range(1, seeds + 1):
            side = alone(Task(prepare, (*arguments, seed, True), [size]), setup.log)
            points = side.largest[0].counted["losses"]
            report.losses.append(Curve("training", name, "updates", "loss on rows held back", points))
            last.setdefault(name, []).append(points[-1][1])
    ours, reference = last["ours"], last["reference"]
    report.facts = [
        Fact("training", f"loss on rows held back at the end: ours, mean of {seeds}", mean(ours), "nats"),
        Fact("training", "the same: reference", mean(reference), "nats"),
    ]
    if seeds > 1:
        noise = max(stdev(ours), stdev(reference))
        report.facts.append(
            Fact(
                "training",
                "what ours is above it, in standard deviations between seeds",
                (mean(ours) - mean(reference)) / noise,
                most=2,
            )
        )
    return report


def tasks(count: int) -> Iterator[Row]:
    """Yield tasks of the tiny world with a right answer."""
    rng = random.Random(1)
    for number in range(count):
        task = draw_task(rng)
        texts = {"instruction": task.instruction, "input": task.input, "output": task.answers[0]}
        yield {"id": f"task-{number:04d}", **texts}


def of_like_length(
    model: Path, file: Path, folder: Path, held_back: int, how: Computing, seed: int = 1, validated: bool = False
) -> Work:
    """Return the work of training on the first rows as scripts.train_adapter does."""
    return training(build_trainer, model, file, folder / "ours", held_back, how, seed, validated)


def as_they_arrive(
    model: Path, file: Path, folder: Path, held_back: int, how: Computing, seed: int = 1, validated: bool = False
) -> Work:
    """Return the work of training on the first rows with TRL, in the order of arrival."""
    return training(_arrival_trainer, model, file, folder / "reference", held_back, how, seed, validated)


def training(
    make: Callable[..., "SFTTrainer"],
    model: Path,
    file: Path,
    folder: Path,
    held_back: int,
    how: Computing,
    seed: int,
    validated: bool,
) -> Work:
    """Return the work of training on the first rows of a file, behind those held back, with the trainer that is made.

    It counts the seconds of the training alone, without those in which the model is loaded.
    """
    set_cpu_threads(how.threads)
    tokenizer = load_tokenizer(model)
    examples = read_examples([file], tokenizer)
    settings = Hyperparameters(
        epochs=1,
        batch_size=BATCH,
        rows_per_update=BATCH,
        learning_rate=1e-3,
        warmup_steps=2,
        order="by_length",
        lora_rank=8,
        lora_alpha=16,
        lora_dropout=0.05,
        save_steps=UPDATES_BETWEEN_EVALUATIONS,
        dtype=how.dtype,
        seed=seed,
    )

    def work(size: int) -> dict[str, Any]:
        gc.collect()  # a trainer is a ring of references: the one before would still hold its memory
        rows = examples[held_back : held_back + size]
        data = TrainingData(rows, examples[:held_back] if validated else [], [])
        config = configure(settings, folder, None, validated=validated)
        config.save_strategy, config.load_best_model_at_end = "no", False
        trainer = make(config, settings, model, tokenizer, data)
        places = _count_places(trainer)
        began = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - began
        losses = [(entry["step"], entry["eval_loss"]) for entry in trainer.state.log_history if "eval_loss" in entry]
        tokens = sum(map(len, rows))
        return {"tokens": tokens, "padding": 1 - tokens / sum(places), "losses": losses, "seconds": seconds}

    if not validated:
        work(BATCH)
    return work


def _arrival_trainer(
    config: "SFTConfig",
    settings: Hyperparameters,
    model: Path,
    tokenizer: "PreTrainedTokenizerBase",
    data: TrainingData,
) -> "SFTTrainer":
    """Return TRL's trainer on the rows as they arrive."""
    from transformers import set_seed
    from trl import SFTTrainer

    set_seed(settings.seed)
    return SFTTrainer(
        model=load_model(model, settings.dtype),
        args=config,
        train_dataset=dataset(data.training),
        eval_dataset=dataset(data.validation) if data.validation else None,
        processing_class=tokenizer,
        peft_config=lora(settings),
    )


def dataset(examples: Sequence[Example]) -> "Dataset":
    """Return rows as TRL takes them, tokens and labels."""
    from datasets import Dataset

    columns = {"input_ids": [e.input_ids for e in examples], "labels": [e.labels for e in examples]}
    return Dataset.from_dict(columns)


def _count_places(trainer: "SFTTrainer") -> list[int]:
    """Return a list that gets the places of each batch, padding included, as it is put together."""
    collate, places = trainer.data_collator, []

    def counted(examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = collate(examples)
        places.append(batch["input_ids"].numel())
        return batch

    trainer.data_collator = counted
    return places
