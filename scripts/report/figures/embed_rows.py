"""Write the vectors of rows, for the projection of I-SHEEP's Figure 5: what a model sees in their tasks.

    python -m scripts.report.figures.embed_rows --input results/tiny/iter1/outputs.jsonl \\
        --model results/tiny/iter0/merged/manifest.json --rows 1000 --output vectors.safetensors

The vector of a row is the mean of the model's final layer over the tokens of its task (instruction and input), or what
a model of sentence-transformers makes of it, which must be installed then. Of more rows than `--rows`, a seeded sample
is taken. Works on anyone's rows that have an instruction.
"""

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Engine, Run
from scripts.lib.errors import UserError
from scripts.lib.models.embedding import embed
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row, read_text_rows
from scripts.lib.rows.measures import text_of
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT
from scripts.report.figures.settings import Figures

if TYPE_CHECKING:
    import numpy

PACKAGE = "sentence_transformers"
MISSING = (
    "figures.embedding_model needs the package sentence-transformers, which is not installed; pip install it, or leave "
    "the key out, and the base model gives the vectors"
)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--input", type=INPUT, required=True, help="rows, JSONL or a JSON array")
    model = result.add_mutually_exclusive_group(required=True)
    model.add_argument("--model", type=MODEL, help="manifest.json of the model whose final layer is used")
    add_options(model, Figures, "embedding_model")
    add_options(result, Figures, "rows")
    add_options(result, Engine, "dtype", "batch_tokens", "cpu_threads")
    add_options(result, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="safetensors with the vectors, and the ids of their rows")
    return result


def main(args: argparse.Namespace) -> None:
    """Write the vectors of the rows, or of a sample of them."""
    rows = list(read_text_rows(args.input, "instruction", "input"))
    if not rows:
        raise UserError(f"{args.input}: there are no rows to show; the step that made it kept none")
    chosen = sample(rows, args.rows, args.seed)
    texts = [text_of(row, "task") for row in chosen]
    if args.model:
        folder = load_manifest(args.model).directory
        vectors = embed(folder, texts, args.dtype, args.batch_tokens, args.cpu_threads)
    else:
        vectors = by_sentence_transformer(args.embedding_model, texts, args.cpu_threads)
    write_vectors(args.output, vectors, {"ids": json.dumps([row["id"] for row in chosen]), "of": str(len(rows))})
    cli.say_where(args.output, f"vectors of {len(chosen)} of {len(rows)} rows")


def sample(rows: Sequence[Row], most: int, seed: int) -> list[Row]:
    """Return the rows, or so many of them drawn alike, in their own order."""
    if len(rows) <= most:
        return list(rows)
    return [rows[place] for place in sorted(random.Random(seed).sample(range(len(rows)), most))]


def by_sentence_transformer(name: str, texts: Sequence[str], cpu_threads: int) -> "numpy.ndarray[Any, Any]":
    """Return the vectors that a model of sentence-transformers gives, float32 [texts, its size]."""
    if find_spec(PACKAGE) is None:
        raise UserError(MISSING)
    from scripts.lib.models.loading import set_cpu_threads

    set_cpu_threads(cpu_threads)
    import sentence_transformers

    safe = {"use_safetensors": True}
    try:
        model = sentence_transformers.SentenceTransformer(name, trust_remote_code=False, model_kwargs=safe)
    except (OSError, ValueError) as error:
        raise UserError(
            f"figures.embedding_model: {name}: {str(error).splitlines()[0]}; name one that is here"
        ) from error
    vectors: numpy.ndarray[Any, Any] = model.encode(list(texts), convert_to_numpy=True, show_progress_bar=True)
    return vectors.astype("float32")


def write_vectors(path: Path, vectors: "numpy.ndarray[Any, Any]", about: Mapping[str, str]) -> None:
    """Write vectors as safetensors, whole or not at all, with what else is to be known of them."""
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    save_file({"vectors": vectors}, partial, metadata=dict(about))
    partial.replace(path)


if __name__ == "__main__":
    cli.run(main, parser())
