"""How a judge is asked: as plain text or in its chat template, for the probabilities of what it may say next."""

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from scripts.lib.engines.requests import Request
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT

Ask = Callable[[PartlyPlain], PartlyPlain]


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


def ask_together(
    prompts: Sequence[tuple[str, PartlyPlain]],
    choices: tuple[str, ...],
    template: str,
    beside: PartlyPlain | None = None,
) -> list[Request]:
    """Return the requests for the probabilities of `choices` after prompts (id, text).

    How they all begin, and `beside` with them, is noted as shared: an engine may read that once.
    """
    texts = [prompt.text for _, prompt in prompts] + ([beside.text] if beside else [])
    shared = len(os.path.commonprefix(texts)) if len(texts) > 1 else 0
    return [
        Request(
            id=identity,
            task="score",
            prompt=prompt.text,
            plain=prompt.plain,
            choices=choices,
            shared=shared,
            template=template,
        )
        for identity, prompt in prompts
    ]


def _in_chat(tokenizer: object, text: PartlyPlain) -> PartlyPlain:
    return chat_prompt(tokenizer, text.text, "")  # type: ignore[arg-type]
