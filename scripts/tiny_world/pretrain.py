"""Pretrain the tiny base model on a corpus, from nothing or from an earlier pretraining, and write it with a manifest.

One pass over the corpus, so that its length alone decides how many steps there are: the same corpus,
seed and number of threads give the same weights, however long it takes. A killed run resumes from its
last checkpoint; a longer corpus begins with the same steps. Loss and tokens per second are printed and
kept in training_log.jsonl, with a curve.

Example:
    python -m scripts.tiny_world.pretrain --corpus results/tiny_world/broad/corpus.jsonl \\
        --output results/tiny_world/broad/model/manifest.json --checkpoint work/tiny_world/broad_checkpoint.pt
"""

import argparse
import os
from pathlib import Path

from scripts.lib import cli
from scripts.lib.config.options import Count, Seed, checked
from scripts.lib.rows.files import read_json
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import Row, read_rows
from scripts.lib.run.claims import INPUT, MODEL, MODEL_OUTPUT, OUTPUT
from scripts.lib.run.versions import code_version

TOKENIZER_DOCUMENTS = 20000


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    result.add_argument("--corpus", type=INPUT, required=True, help="JSONL file of scripts.tiny_world.corpus")
    result.add_argument("--output", type=MODEL_OUTPUT, required=True, help="manifest.json to write beside the model")
    result.add_argument("--start-from", type=MODEL, help="manifest.json of an earlier pretraining to go on from")
    result.add_argument("--checkpoint", type=OUTPUT, required=True, help="where a killed run resumes from")
    result.add_argument(
        "--batch-tokens", type=checked(Count), default=4096, help="tokens of a step at most (default: %(default)s)"
    )
    result.add_argument("--seed", type=checked(Seed), default=1, help="of weights and order (default: %(default)s)")
    result.add_argument("--cpu-threads", type=checked(Count), default=1, help="threads (default: %(default)s)")
    return result


def main(args: argparse.Namespace) -> None:
    """Make the tokenizer, encode the corpus, train, and write the model."""
    # Spinning threads cost a factor of six when anything else runs; must be set before torch is imported.
    os.environ.update(OMP_WAIT_POLICY="PASSIVE", GOMP_SPINCOUNT="0")
    from scripts.tiny_world.model import LONGEST, load_model, new_model, save_model
    from scripts.tiny_world.packing import batches, encode, text_of
    from scripts.tiny_world.tokenizer import train_tokenizer
    from scripts.tiny_world.training import train

    documents = list(read_rows(args.corpus))
    start = load_model(args.start_from) if args.start_from else None
    texts = (text_of(row) for row in documents[:TOKENIZER_DOCUMENTS])
    tokenizer = start.tokenizer if start else train_tokenizer(texts)
    encoded = encode(documents, tokenizer, LONGEST)
    plan = batches(encoded, args.batch_tokens, args.seed)
    model = start.model if start else new_model(len(tokenizer), tokenizer.pad_token_id, args.seed)
    key = fingerprint(start.made_from if start else None, code_version("scripts.tiny_world.pretrain"), args.seed)
    log = train(model, encoded, plan, tokenizer.pad_token_id, key, args.cpu_threads, args.checkpoint)
    args.output.unlink(missing_ok=True)
    made_from = {
        "recipe": "scripts.tiny_world.pretrain",
        "start_from": start.made_from if start else None,
        "corpus_sha256": _sha256(args.corpus),
        "documents": len(documents),
        "tokens": sum(len(document.ids) for document in encoded),
        "batch_tokens": args.batch_tokens,
        "steps": len(plan),
        "seed": args.seed,
        "cpu_threads": args.cpu_threads,
    }
    save_model(model, tokenizer, continued(start.log, log) if start else log, args.output.parent, made_from)
    args.checkpoint.unlink(missing_ok=True)
    cli.say_where(args.output, f"{read_json(args.output)['fingerprint']}: {len(plan)} steps")


def continued(earlier: list[Row], log: list[Row]) -> list[Row]:
    """Return one log of two trainings: steps and tokens of the second count on from the first."""
    last = earlier[-1]
    return [*earlier, *({**row, **{key: row[key] + last[key] for key in ("step", "tokens")}} for row in log)]


def _sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


if __name__ == "__main__":
    cli.run(main, parser())
