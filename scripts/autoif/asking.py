"""What every command that asks a model with a template needs: the template, the model, and the format of the prompt."""

import argparse
from collections.abc import Callable, Collection
from typing import Any

from scripts.autoif.settings import AutoIf
from scripts.lib.config.options import add_options
from scripts.lib.models.asking import asker
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import read_template, render
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT

Prompter = Callable[..., PartlyPlain]
"""Turns what fills a template's slots, by their names, into the prompt that the model reads."""


def add_asking(parser: argparse.ArgumentParser, *slots: str, optional: Collection[str] = ()) -> None:
    """Add the template with these slots, the model that is asked, the format, and the requests to write."""
    listed = ", ".join(f"{{{{{slot}}}}}" for slot in slots) + "".join(f" and, if wanted, {{{{{s}}}}}" for s in optional)
    add = parser.add_argument
    add("--template", type=INPUT, required=True, help=f"prompt with the slots {listed}")
    add("--model", type=MODEL, required=True, help="manifest of the model that will be asked")
    add_options(parser, AutoIf, "format")
    add("--output", type=OUTPUT, required=True, help="requests to write, for scripts.complete")


def prompter(args: argparse.Namespace, *slots: str, optional: Collection[str] = ()) -> tuple[Prompter, str]:
    """Return what makes the prompt of a request from its slots, and what the request says it was made with.

    Raises UserError if the template has not these slots, or the model has no usable tokenizer.
    """
    template, ask = read_template(args.template, *slots, optional=optional), asker(args.format, args.model)

    def prompt(**filled: Any) -> PartlyPlain:
        return ask(render(template, **filled))

    return prompt, fingerprint(template, args.format)
