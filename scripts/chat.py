"""Talk to a model: one line in, one answer out, each line a conversation of its own.

The models made here are trained on single turns, so earlier lines are not shown to them. Lines may
be typed or piped; an empty line is passed over, and the end of the input (Ctrl-D) ends the talk.

    python -m scripts.chat --model results/iter3/merged
    echo "Name three colours." | python -m scripts.chat --model results/iter3/merged
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scripts.lib import cli
from scripts.lib.config.options import Count, Temperature, checked
from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import stop_ids
from scripts.lib.models.loading import load_model, load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.models.tokens import token_ids
from scripts.lib.run.claims import MODEL

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--model", type=MODEL, required=True, help="folder of the model, or its manifest.json")
    parser.add_argument("--max-tokens", type=checked(Count), default=512, help="longest answer (default %(default)s)")
    parser.add_argument(
        "--temperature",
        type=checked(Temperature),
        default=0.0,
        help="0 always takes the likeliest token (default %(default)s)",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Load the model once, then answer line after line."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    manifest = load_manifest(args.model)
    disable_progress_bar()
    tokenizer = load_tokenizer(manifest.directory)
    placement = {"device_map": "auto"} if torch.cuda.is_available() else {}
    model = load_model(manifest.directory, "bfloat16", **placement)
    # A base model, iteration 0, keeps stop tokens of its own, which know nothing of turns.
    model.generation_config.eos_token_id = stop_ids(tokenizer, str(manifest.directory))
    for line in lines_of_input():
        answer(model, tokenizer, line, args.max_tokens, args.temperature)


def lines_of_input() -> Iterator[str]:
    """Yield the lines that are typed (after a prompt) or piped (without one), until the input ends.

    Raises UserError for bytes that are not UTF-8; Python may pass them on as halves of characters.
    """
    prompt = "> " if sys.stdin.isatty() else ""
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            try:
                line = input(prompt).strip()
                line.encode()
            except UnicodeError as error:
                raise UserError("standard input: not UTF-8; convert it, e.g. with iconv -t utf-8") from error
            if line:
                yield line


def answer(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    line: str,
    max_tokens: int,
    temperature: float,
) -> None:
    """Print the model's answer to a line while it is being written; Ctrl-C cuts it short."""
    import torch
    from transformers import TextStreamer

    prompt = torch.tensor([token_ids(tokenizer, chat_prompt(tokenizer, line, ""))], device=model.device)
    sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
    try:
        model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            **sampling,
            max_new_tokens=max_tokens,
            streamer=TextStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True),
        )
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    cli.run(main, parser())
