"""How a judge is asked: as plain text, or in its chat template."""

import argparse
from functools import partial
from pathlib import Path

from scripts.judging.prompts import Ask
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT


def add_judge(parser: argparse.ArgumentParser, *, templates: str) -> None:
    """Add what every command that asks a judge needs to a command line: the template, the judge, and what to write."""
    add = parser.add_argument
    add("--template", type=INPUT, required=True, help=f"prompt that asks the judge, with {templates}")
    add("--judge", type=MODEL, required=True, help="manifest of the model that will judge")
    add("--format", choices=["base", "chat"], required=True, help="plain text, or the judge's chat template")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")


def asking(format_name: str, judge: Path) -> Ask:
    """Return the function that turns the text of a filled template into the prompt that the judge reads."""
    if format_name == "base":
        return lambda text: text
    return partial(_in_chat, load_tokenizer(load_manifest(judge).directory))


def _in_chat(tokenizer: object, text: PartlyPlain) -> PartlyPlain:
    return chat_prompt(tokenizer, text.text, "")  # type: ignore[arg-type]
