"""Take a sequence classification model as it is: checked, pinned by its hashes, its weights linked and not copied.

    python -m scripts.prepare_classifier --base MoritzLaurer/mDeBERTa-v3-base-xnli-multilingual-nli-2mil7 \\
        --revision COMMIT --labels entailment neutral contradiction --output classifier/manifest.json

The model is a local folder or one of the Hugging Face hub (`org/name`, pinned by --revision). Only safetensors are
taken and no code of the model is ever run. It is loaded once, before anything is written: no weight missing, left over
or not finite, the labels those that are asked for, and a probability for each, of short pairs of texts and of the
longest.
"""

import argparse

from scripts.lib import cli
from scripts.lib.models.classification import prove_classifier
from scripts.lib.models.files import check_tokenizer_is_there, lay_out, weight_files
from scripts.lib.models.manifest import write_manifest
from scripts.lib.models.small_files import check_small_files
from scripts.lib.models.sources import add_base, find_base
from scripts.lib.run.claims import MODEL_OUTPUT


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add_base(parser)
    parser.add_argument("--labels", nargs="+", required=True, help="the labels that it must tell, in lower case")
    parser.add_argument(
        "--output", type=MODEL_OUTPUT, required=True, help="manifest.json to write; the model lies beside it"
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Find the model, prove that it can be used, and lay it out beside its manifest."""
    source, origin = find_base(args.base, args.revision)
    weights = weight_files(source)
    check_small_files(source)
    check_tokenizer_is_there(source)
    prove_classifier(source, args.labels)
    target = args.output.parent
    lay_out(source, weights, target)
    manifest = write_manifest(target, "classifier", {**origin, "labels": args.labels})
    cli.say_where(args.output, f"classifier {manifest.fingerprint}, {len(weights)} weight files linked")


if __name__ == "__main__":
    cli.run(main, parser())
