"""What planning and scoring a task are both told, so that lm-eval asks the same at both times."""

import argparse

from scripts.evaluation.settings import Evaluation
from scripts.lib.config.options import add_options, checked
from scripts.lib.config.sections import Run
from scripts.lib.run.claims import INPUT, MODEL


def add_task_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which task is asked, of which model, and how."""
    add = parser.add_argument
    add("--task", required=True, help="a task or group of lm-eval by name, or a task file (YAML)")
    add("--model", type=MODEL, required=True, help="manifest of the model that is asked")
    add("--format", choices=["base", "chat"], required=True, help="plain text, or the model's chat template")
    add("--data", type=INPUT, help="what export_data wrote of the task's data (default: fetched, or files of the task)")
    add("--num-fewshot", type=checked(int), help="examples shown before each question (default: as the task says)")
    add_options(parser, Evaluation, "limit", "max_tokens")
    add_options(parser, Run, "seed")
