"""Who replies, as the options of a command say it."""

import argparse

from scripts.lib.config.options import add_options, check_together
from scripts.self_align.prompts import Assistant
from scripts.self_align.settings import AssistantSettings


def add_assistant(parser: argparse.ArgumentParser, *keys: str) -> None:
    """Add options for these keys of the assistant."""
    add_options(parser, AssistantSettings, *keys)


def assistant_of(args: argparse.Namespace) -> Assistant:
    """Return the assistant of the options, by its alias where it has one; raises UserError where it cannot be."""
    given = [key for key in AssistantSettings.model_fields if hasattr(args, key)]
    check_together(AssistantSettings, args, *given)
    name = getattr(args, "alias", None) or args.name
    return Assistant(name, getattr(args, "cutoff", ""), getattr(args, "introduction", ""))
