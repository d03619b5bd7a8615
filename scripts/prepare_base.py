"""Take a base model as iteration 0: checked, pinned by its hashes, its weights linked and not copied.

The base is a local folder or a model of the Hugging Face hub (`org/name`, pinned by --revision).
Only safetensors are taken and no code of the model is ever run. What the later steps need is proven
now, before anything is written: tokenizer, chat template, end-of-text token, a token that ends a turn,
a padding token; and the model itself, which is loaded once (two bytes of memory per parameter, on GPUs
where there are some): no weight missing, left over or not finite, and a chat answer that stops.

    python -m scripts.prepare_base --base models/mine --output results/mine/iter0/merged/manifest.json
    python -m scripts.prepare_base --base Qwen/Qwen2.5-0.5B --revision COMMIT \\
        --output results/qwen/iter0/merged/manifest.json
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import end_of_turn
from scripts.lib.models.chat_templates import FAMILIES, PLAIN
from scripts.lib.models.files import (
    CHAT_TEMPLATE,
    GENERATION_CONFIG,
    TOKENIZER_CONFIG,
    check_tokenizer_is_there,
    edit_json,
    lay_out,
    weight_files,
)
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import write_manifest
from scripts.lib.models.proof import prove
from scripts.lib.models.rendering import check_rendering
from scripts.lib.models.small_files import check_small_files, check_vocabulary
from scripts.lib.models.sources import add_base, find_base
from scripts.lib.rows.strict_json import decode
from scripts.lib.run.claims import INPUT, MODEL_OUTPUT

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_base(parser)
    parser.add_argument("--chat-template", type=INPUT, help="Jinja file that replaces the model's own chat template")
    parser.add_argument(
        "--pad-token",
        help="token of the vocabulary to pad with, where the tokenizer names none; the end-of-text token "
        "may be given, since padding is masked here by its place and never by its number",
    )
    parser.add_argument(
        "--output", type=MODEL_OUTPUT, required=True, help="manifest.json to write; the model lies beside it"
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Find the base, prove that it can be used, and lay it out beside its manifest."""
    source, origin = find_base(args.base, args.revision)
    weights = weight_files(source)
    template = read_chat_template(args.chat_template)
    check_small_files(source)
    tokenizer = checked_tokenizer(source, template, args.pad_token)
    check_vocabulary(source, tokenizer)
    prove(source, tokenizer)
    target = args.output.parent
    lay_out(source, weights, target)
    write_choices(target, tokenizer, template, args.pad_token)
    manifest = write_manifest(target, "model", origin)
    cli.say_where(args.output, f"base model {manifest.fingerprint}, {len(weights)} weight files linked")


def read_chat_template(path: Path | None) -> str | None:
    """Return the text of a chat template file, or None where none is given."""
    if path is None:
        return None
    if not path.is_file():
        raise UserError(f"{path}: no such chat template; see config/chat_templates/")
    return decode(path.read_bytes(), str(path)).rstrip("\n")


def checked_tokenizer(source: Path, template: str | None, pad_token: str | None) -> "PreTrainedTokenizerBase":
    """Return the tokenizer as it will be written; raises UserError for whatever it lacks."""
    check_tokenizer_is_there(source)
    tokenizer = load_tokenizer(source)
    if tokenizer.eos_token is None:
        raise UserError(
            f"{source / TOKENIZER_CONFIG}: no eos token, so nothing would end a text; "
            'add "eos_token": "…" with the token that ended each training document'
        )
    if template is not None:
        tokenizer.chat_template = template
    if pad_token is not None:
        if pad_token not in tokenizer.get_vocab():
            raise UserError(
                f"pad_token: {pad_token} (--pad-token): not a token of {source}; name one of its vocabulary"
            )
        tokenizer.pad_token = pad_token
    if lacking := what_it_lacks(tokenizer):
        raise UserError(f"{source}: {'; and '.join(lacking)}")
    check_rendering(tokenizer, str(source))
    end_of_turn(tokenizer, str(source))
    return tokenizer


def what_it_lacks(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    """Return what is to be chosen for a model whose tokenizer names none, all at once, each with how."""
    lacking = []
    if not tokenizer.chat_template:
        lacking.append(
            f"no chat template: set chat_template: {PLAIN} in the model's entry, or {', '.join(FAMILIES)} where the "
            "tokenizer has the family's tokens, or a file (--chat-template FILE)"
        )
    if tokenizer.pad_token is None:
        lacking.append(
            "no pad token: set pad_token: in the model's entry to a reserved token of its vocabulary, or to its eos "
            f"token {tokenizer.eos_token} (--pad-token)"
        )
    return lacking


def write_choices(
    target: Path, tokenizer: "PreTrainedTokenizerBase", template: str | None, pad_token: str | None
) -> None:
    """Write into the laid-out model what was chosen for it here: chat template, padding, end of text."""
    if template is not None:
        (target / CHAT_TEMPLATE).write_text(template, encoding="utf-8")
        # A second template in the tokenizer's configuration would leave open which one is meant.
        edit_json(target / TOKENIZER_CONFIG, chat_template=None)
    if pad_token is not None:
        edit_json(target / TOKENIZER_CONFIG, pad_token=pad_token)
        print(f"padding with {pad_token}, as asked", file=sys.stderr)
    if not (target / GENERATION_CONFIG).is_file():
        edit_json(
            target / GENERATION_CONFIG,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )


if __name__ == "__main__":
    cli.run(main, parser())
