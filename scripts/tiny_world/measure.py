"""Measure whether a tiny base model is a base model in the sense that matters, against bars.

It must write numbered lists of tasks that parse and are new, answer some tasks right without knowing
when to stop, and rate right answers above wrong ones that look right.

Example: python -m scripts.tiny_world.measure --model config/models/tiny --output measured.json --table measured.txt
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.plain_text import plain_text
from scripts.lib.models.prompting import base_prompt, chat_prompt, read_template, render
from scripts.lib.rows.files import atomic_open, write_json
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.rows.novelty import NoveltyFilter
from scripts.lib.rows.rules import first_failing
from scripts.lib.rows.tasks import join
from scripts.lib.run.claims import INPUT, INPUT_FOLDER, MODEL, OUTPUT
from scripts.lib.self_instruct.parsing import Entry, parse_tasks
from scripts.lib.self_instruct.prompts import example_block
from scripts.lib.self_instruct.rules import RULES
from scripts.tiny_world.checker import grade
from scripts.tiny_world.generation import Writer
from scripts.tiny_world.held_out import held_out_rows

EXAMPLES = 5
LONGEST_LIST, LONGEST_ANSWER = 320, 64
LONGEST_WELL_FORMED = 12
BARS = {
    "entries well-formed": (0.8, 1.0),
    "well-formed entries new": (0.4, 1.0),
    "new rows": (200, float("inf")),
    "zero-shot strict": (0.2, 0.6),
    "zero-shot runs on": (0.15, 0.8),
    "AUC right / well-formed wrong": (0.7, 1.0),
    "rows kept by the threshold": (0.1, 0.6),
}


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--model", type=MODEL, required=True, help="folder of the model")
    add("--seeds", type=INPUT, default=Path("config/seeds/tiny.jsonl"), help="seed tasks (default: %(default)s)")
    add(
        "--prompts", type=INPUT_FOLDER, default=Path("config/prompts/tiny"), help="prompt folder (default: %(default)s)"
    )
    add("--lists", type=checked(Count), default=60, help="lists of tasks to write (default: %(default)s)")
    add("--held-out", type=checked(Count), default=616, help="held-out tasks to answer (default: %(default)s)")
    add("--threshold", type=checked(float), default=8.0, help="score above which a row is kept (default: %(default)s)")
    add("--seed", type=checked(Seed), default=1, help="seed of everything drawn (default: %(default)s)")
    add("--cpu-threads", type=checked(Count), default=2, help="threads (default: %(default)s)")
    add("--output", type=OUTPUT, required=True, help="JSON file for the figures")
    add("--table", type=OUTPUT, required=True, help="the figures with the bars, as text")
    return result


def main(args: argparse.Namespace) -> None:
    """Measure the model and write the figures, also as a table with the bars."""
    figures = measure(args)
    with atomic_open(args.table) as stream:
        stream.writelines(f"{name:42}{value:8.3f}{_verdict(name, value)}\n" for name, value in figures.items())
    write_json(args.output, figures)
    cli.say_where(args.table, f"{args.model} measured")


def measure(args: argparse.Namespace) -> dict[str, float]:
    """Return every figure by name: the model writes lists, answers the new tasks and held-out ones, and rates."""
    writer = Writer(args.model, args.cpu_threads, args.seed)
    figures, tasks = measure_lists(writer, args)
    figures |= measure_answers(writer, list(held_out_rows(args.held_out, args.seed)), args)
    return figures | measure_ratings(writer, tasks, args)


def measure_lists(writer: Writer, args: argparse.Namespace) -> tuple[dict[str, float], list[Row]]:
    """Return how many entries of the lists parse and are new, and the new ones as rows."""
    seeds = list(read_rows(args.seeds))
    rng = random.Random(args.seed)
    heading = render(read_template(args.prompts / "synthesis.txt", "count"), count="20")
    prompts = [heading + plain_text(example_block(rng.sample(seeds, EXAMPLES))) for _ in range(args.lists)]
    novelty = NoveltyFilter(0.7)
    for row in seeds:
        novelty.add_known(row["id"], row["instruction"])
    entries = 0
    well_formed: list[Row] = []
    new: list[Row] = []
    for text, stopped in writer.write(prompts, LONGEST_LIST, temperature=1.0, top_p=0.95):
        reason = "stop" if stopped else "length"
        for entry in parse_tasks(text, EXAMPLES + 1, finish_reason=reason, keep_last_if_complete=True):
            entries += isinstance(entry, Entry) or entry.reason == "malformed"
            if (
                isinstance(entry, Entry)
                and first_failing({"instruction": entry.instruction, "input": entry.input}, RULES) is None
            ):
                row = {"id": f"new-{len(well_formed)}", "instruction": entry.instruction, "input": entry.input}
                well_formed.append(row)
                if novelty.admit(row["id"], row["instruction"]) is None:
                    new.append(row)
    known = sum(grade(row["instruction"], row["input"], "") is not None for row in new)
    figures = {
        "lists written": len(prompts),
        "entries": entries,
        "entries well-formed": len(well_formed) / max(1, entries),
        "well-formed entries new": len(new) / max(1, len(well_formed)),
        "new rows": len(new),
        "new rows the checker knows": known / max(1, len(new)),
    }
    return figures, new


def measure_answers(writer: Writer, tasks: Sequence[Row], args: argparse.Namespace) -> dict[str, float]:
    """Return accuracies on the held-out tasks: plain and in chat format, greedy and sampled."""
    plain = [base_prompt(task["instruction"], task["input"]) for task in tasks]
    tokenizer = load_tokenizer(args.model)
    chat = [chat_prompt(tokenizer, task["instruction"], task["input"]) for task in tasks]
    figures: dict[str, float] = {}
    for name, prompts, temperature in (
        ("zero-shot", plain, 0.0),
        ("zero-shot sampled", plain, 1.0),
        ("chat format", chat, 0.0),
        ("chat format sampled", chat, 1.0),
    ):
        written = writer.write(prompts, LONGEST_ANSWER, temperature, top_p=0.95)
        grades = [_grade(task, text) for task, (text, _) in zip(tasks, written, strict=True)]
        figures[f"{name} strict"] = sum(strict for strict, _ in grades) / len(grades)
        figures[f"{name} first line"] = sum(first for _, first in grades) / len(grades)
        figures[f"{name} runs on"] = sum("\n" in text.strip() for text, _ in written) / len(written)
    return figures


def measure_ratings(writer: Writer, tasks: Sequence[Row], args: argparse.Namespace) -> dict[str, float]:
    """Return how well the model's scores of its own sampled answers tell right from wrong."""
    prompts = [base_prompt(task["instruction"], task["input"]) for task in tasks]
    written = writer.write(prompts, LONGEST_ANSWER, temperature=1.0, top_p=0.95)
    right = [_grade(task, text)[0] for task, (text, _) in zip(tasks, written, strict=True)]
    scores = {}
    for criterion in ("quality", "following"):
        template = read_template(args.prompts / "assessment" / f"{criterion}.txt", "instruction", "response")
        slots = [
            {"instruction": join(task["instruction"], task["input"]), "response": text.strip()}
            for task, (text, _) in zip(tasks, written, strict=True)
        ]
        scores[criterion] = writer.expected_scores([render(template, **each) for each in slots])
    well_formed = [
        stopped and "\n" not in text.strip() and 0 < len(text.split()) <= LONGEST_WELL_FORMED
        for text, stopped in written
    ]
    both = [sum(pair) / 2 for pair in zip(*scores.values(), strict=True)]
    kept = [min(pair) > args.threshold for pair in zip(*scores.values(), strict=True)]
    kept_right = sum(good for good, keep in zip(right, kept, strict=True) if keep)
    return {
        "new rows answered right": sum(right) / len(right),
        "AUC right / wrong": roc_auc_score(right, both),
        "AUC right / well-formed wrong": roc_auc_score(*_only(well_formed, right, both)),
        "AUC of quality alone": roc_auc_score(*_only(well_formed, right, scores["quality"])),
        "AUC of following alone": roc_auc_score(*_only(well_formed, right, scores["following"])),
        "rows kept by the threshold": sum(kept) / len(kept),
        "kept rows that are right": kept_right / max(1, sum(kept)),
    }


def _verdict(name: str, value: float) -> str:
    """Return a figure's bar and whether it is met; nothing for a figure without one."""
    if name not in BARS:
        return ""
    low, high = BARS[name]
    return f"  bar {low:g} to {high:g}: {'met' if low <= value <= high else 'MISSED'}"


def _only(chosen: Sequence[bool], *columns: Sequence[Any]) -> list[list[Any]]:
    return [[value for value, keep in zip(column, chosen, strict=True) if keep] for column in columns]


def _grade(task: Row, text: str) -> tuple[bool, bool]:
    found = grade(task["instruction"], task["input"], text)
    return (found.strict, found.first_line) if found else (False, False)


if __name__ == "__main__":
    cli.run(main, parser())
