"""Merge a LoRA adapter into its base: a chat model in bf16 safetensors that stops at the end of its turn.

Before the manifest is written, the model is checked: in float32 it must answer like base and
adapter together; the saved folder, loaded again by plain transformers, must hold bit for bit the
weights that were saved, and its logits must not be off by more than rounding to bf16 explains; and
a chat generation must stop at the token that the chat template ends a turn with.
All this runs on the CPU and needs about four bytes of memory per parameter.

    python -m scripts.merge_adapter --adapter adapter/manifest.json --base base/manifest.json \\
        --output merged/manifest.json
"""

import argparse
from importlib.metadata import version

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.errors import UserError
from scripts.lib.models.loading import load_model, load_tokenizer, set_cpu_threads
from scripts.lib.models.manifest import Manifest, delivered_again, load_manifest, remember, write_manifest
from scripts.lib.models.merging import attach_adapter, check_merged
from scripts.lib.models.ownership import beside
from scripts.lib.models.probing import probe_logits
from scripts.lib.models.rounding import MAX_SHARD_SIZE, check_written, save_rounded
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.run.claims import MODEL, MODEL_OUTPUT
from scripts.lib.run.locking import sole_writer
from scripts.lib.run.versions import code_version
from scripts.lib.training.settings import Training

MERGING_CODE = ("scripts.merge_adapter", "scripts.lib.models.merging", "scripts.lib.models.rounding")
"""What decides a merged model: one that other code merged is merged again."""


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--adapter", type=MODEL, required=True, help="manifest of the adapter")
    parser.add_argument("--base", type=MODEL, required=True, help="manifest of the model that it was trained on")
    parser.add_argument("--max-shard-size", default=MAX_SHARD_SIZE, help="largest weight file (default %(default)s)")
    add_options(parser, Training, "cpu_threads")
    parser.add_argument(
        "--output", type=MODEL_OUTPUT, required=True, help="manifest.json to write; the model lies beside it"
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the merged model, when no other job is writing it."""
    check_shard_size(args.max_shard_size)
    base, adapter = load_manifest(args.base), load_manifest(args.adapter, "adapter")
    check_pair(base, adapter)
    libraries = {name: version(name) for name in ("torch", "transformers", "peft")}
    made_from = (base.fingerprint, adapter.fingerprint, args.max_shard_size, args.cpu_threads)
    key = fingerprint(*made_from, libraries, code_version(*MERGING_CODE))
    with sole_writer(beside(args.output.parent, "lock")):
        if manifest := delivered_again(args.output.parent, key):
            cli.say_where(args.output, f"model {manifest.fingerprint}, merged before and unchanged")
        else:
            remember(merge(args, base, adapter), key)


def merge(args: argparse.Namespace, base: Manifest, adapter: Manifest) -> Manifest:
    """Merge in float32, save in bf16, and check both against base and adapter."""
    set_cpu_threads(args.cpu_threads)
    tokenizer = load_tokenizer(base.directory)
    stacked = attach_adapter(load_model(base.directory, "float32"), adapter.directory)
    expected = probe_logits(stacked, tokenizer)
    merged = stacked.merge_and_unload()
    merging_error = check_merged(probe_logits(merged, tokenizer), expected)
    saved = save_rounded(merged, base.directory, args.output.parent, args.max_shard_size)
    del stacked, merged
    rounding_error = check_written(saved, expected)
    origin = {"base": base.fingerprint, "adapter": adapter.fingerprint}
    manifest = write_manifest(args.output.parent, "model", origin)
    cli.say_where(
        args.output,
        f"model {manifest.fingerprint}, logits off by {merging_error:.1e} (merging) "
        f"and {rounding_error:.1e} (rounding to bf16), stops at its end of turn{_caveat(adapter)}",
    )
    return manifest


def _caveat(adapter: Manifest) -> str:
    """Return what else there is to say of where the model stops."""
    learnt = adapter.made_from.get("settings", {}).get("end_of_turn", True)
    return "" if learnt else ", which it has not learnt to write (training.end_of_turn: false): it may never stop"


def check_shard_size(size: str) -> None:
    """Raise UserError unless save_pretrained will understand this size of a weight file."""
    from huggingface_hub.serialization._base import parse_size_to_int

    try:
        understood = parse_size_to_int(size) > 0
    except (ValueError, OverflowError):
        understood = False
    if not understood:
        raise UserError(f"--max-shard-size {size}: not a size; give a number with KB, MB, GB or TB, such as 4GB")


def check_pair(base: Manifest, adapter: Manifest) -> None:
    """Raise UserError unless the adapter was trained on this very base."""
    if adapter.made_from.get("model") != base.fingerprint:
        raise UserError(
            f"{adapter.path}: was trained on model {adapter.made_from.get('model')}, but {base.path} is "
            f"{base.fingerprint}; give the base that it was trained on, or train again"
        )


if __name__ == "__main__":
    cli.run(main, parser())
