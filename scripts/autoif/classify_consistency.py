"""Ask a model of natural language inference whether back-translations contradict their instructions.

    python -m scripts.autoif.classify_consistency --input back_translated.jsonl \\
        --classifier results/beside/mDeBERTa-1a2b3c4d/merged/manifest.json --output classified.jsonl

The premise is the instruction, the hypothesis the back-translation. Functions without one are not asked about. What is
written is what scripts.autoif.collect_consistency reads. There is no journal: a killed job begins anew, which costs far
less than the functions did.
"""

import argparse
import logging
from collections.abc import Iterator
from itertools import chain

from scripts.autoif.consistency import LABELS
from scripts.autoif.function_rows import read_translated
from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Engine
from scripts.lib.models.classification import Classifier
from scripts.lib.models.loading import set_cpu_threads
from scripts.lib.models.manifest import Manifest, load_manifest
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="functions with back_translation, a text or null")
    add("--classifier", type=MODEL, required=True, help="manifest.json that scripts.prepare_classifier wrote")
    add_options(parser, Engine, "dtype", "batch_tokens", "cpu_threads")
    add("--output", type=OUTPUT, required=True, help="the probabilities of the labels, by the ids of functions")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the probabilities."""
    rows = [row for row in chain.from_iterable(read_translated(args.input)) if row["back_translation"] is not None]
    manifest = load_manifest(args.classifier, "classifier")
    count = write_rows(args.output, classified(args, manifest, rows) if rows else [])
    cli.say_where(args.output, f"{count} back-translations classified")


def classified(args: argparse.Namespace, manifest: Manifest, rows: list[Row]) -> Iterator[Row]:
    """Return a row with the probabilities of the labels for each function, and with what gave them."""
    import torch
    import transformers

    set_cpu_threads(args.cpu_threads)
    classifier = Classifier(manifest.directory, LABELS, args.dtype)
    pairs = [classifier.encode(row["instruction"], row["back_translation"]) for row in rows]
    if full := sum(len(pair["input_ids"]) == classifier.longest for pair in pairs):
        log.info("%d pairs reach the %d tokens that the model reads; what is beyond is cut", full, classifier.longest)
    found = classifier.probabilities(pairs, args.batch_tokens)
    made_by = {
        "model": manifest.fingerprint,
        "dtype": args.dtype,
        "device": classifier.device if classifier.device == "cuda" else f"cpu, {args.cpu_threads} threads",
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    for row, probabilities in zip(rows, found.tolist(), strict=True):
        yield {"id": row["id"], "probabilities": dict(zip(LABELS, probabilities, strict=True)), "made_by": made_by}


if __name__ == "__main__":
    cli.run(main, parser())
