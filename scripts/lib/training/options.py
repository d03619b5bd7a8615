"""The command line of a training: files, which rows, and how they are trained on."""

import argparse

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Run
from scripts.lib.run.claims import CHECKPOINTS, INPUT, MODEL, MODEL_OUTPUT, OUTPUT
from scripts.lib.training.settings import Fitting


def training_parser(about: str | None, section: type[Fitting], rows_are: str) -> argparse.ArgumentParser:
    """Return the command line of a training, with the defaults of its chapter of the configuration."""
    parser = argparse.ArgumentParser(**cli.description(about))
    files = parser.add_argument_group("files")
    files.add_argument("--data", type=INPUT, nargs="+", required=True, help=f"{rows_are} (JSONL or JSON arrays)")
    files.add_argument(
        "--held-out", type=INPUT, nargs="*", default=[], help="tasks that must never be trained on (JSONL)"
    )
    files.add_argument("--model", type=MODEL, required=True, help="manifest of the model to train on")
    files.add_argument(
        "--checkpoints", type=CHECKPOINTS, required=True, help="folder that a killed training resumes from"
    )
    files.add_argument("--rejected", type=OUTPUT, help="where rows that are not trained on go, with the reason")
    files.add_argument("--counts", type=OUTPUT, help="where the numbers of rows go")
    files.add_argument(
        "--output",
        type=MODEL_OUTPUT,
        required=True,
        help="manifest.json to write; beside it lies the adapter, or the model whose weights were all trained",
    )
    rows = parser.add_argument_group("rows")
    add_options(rows, section, "cutoff", "over_cutoff", "end_of_turn", "max_samples", "subset", "validation_share")
    training = parser.add_argument_group("training")
    add_options(training, section, *[key for key in ("beta",) if key in section.model_fields])
    add_options(training, section, "epochs", "rows_per_update", "batch_size", "order", "learning_rate", "scheduler")
    add_options(training, section, "warmup_steps", "warmup_ratio", "weight_decay", "adam_beta1", "adam_beta2")
    add_options(training, section, "weights", "lora_targets", "lora_rank", "lora_alpha", "lora_dropout", "quantization")
    add_options(training, section, "save_steps", "dtype", "cpu_threads")
    training.add_argument("--deepspeed", type=INPUT, help="DeepSpeed configuration, e.g. config/deepspeed/zero3.json")
    add_options(training, Run, "seed")
    return parser
