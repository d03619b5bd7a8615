"""Add the number of a cluster to every row, from a model's own view of the rows.

    python -m scripts.cluster_rows --input rows.jsonl --output clustered.jsonl \\
        --model results/my_model/iter0/merged/manifest.json --clusters 3000

The vector of a row is the mean of the model's final layer over the tokens of one of the row's texts;
k-means puts the vectors into clusters (3000 in the I-SHEEP paper; where --clusters is left out, half as many as
rows). The choice of examples and the selection by density read the numbers. Works on anyone's rows that have an
instruction.
"""

import argparse
from typing import TYPE_CHECKING, Any

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Engine, Run
from scripts.lib.errors import UserError
from scripts.lib.models.embedding import embed
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import read_text_rows, write_rows
from scripts.lib.rows.measures import TEXTS, text_of
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT
from scripts.lib.self_instruct.settings import Synthesis

if TYPE_CHECKING:
    import numpy

FEWEST_CLUSTERS = 2


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--input", type=INPUT, required=True, help="rows, JSONL or a JSON array")
    add("--model", type=MODEL, required=True, help="manifest.json of the model whose final layer is used")
    add("--texts", choices=TEXTS, default="task", help="what of a row is embedded: its task, output, or both")
    add_options(parser, Synthesis, "clusters")
    add_options(parser, Engine, "dtype", "batch_tokens", "cpu_threads")
    add_options(parser, Run, "seed")
    add("--output", type=OUTPUT, required=True, help="the same rows with their clusters")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write every row with its cluster."""
    fields = ("instruction", "input") if args.texts == "task" else ("instruction", "input", "output")
    rows = list(read_text_rows(args.input, *fields))
    if not rows:
        raise UserError(f"{args.input}: there are no rows to cluster; the step that made it kept none")
    manifest = load_manifest(args.model)
    count = args.clusters or max(FEWEST_CLUSTERS, len(rows) // 2)
    if count >= len(rows):
        raise UserError(
            f"{args.input}: {count} clusters (--clusters) of {len(rows)} rows would leave nothing to choose by; set "
            f"synthesis.clusters (seeds) or selection.clusters (rows) below {len(rows)}, or give more rows"
        )
    texts = [text_of(row, args.texts) for row in rows]
    vectors = embed(manifest.directory, texts, args.dtype, args.batch_tokens, args.cpu_threads)
    clusters = cluster(vectors, count, args.seed)
    write_rows(args.output, ({**row, "cluster": number} for row, number in zip(rows, clusters, strict=True)))
    cli.say_where(args.output, f"{len(rows)} rows in {len(set(clusters))} clusters")


def cluster(vectors: "numpy.ndarray[Any, Any]", clusters: int, seed: int) -> list[int]:
    """Return the cluster of each vector, by mini-batch k-means on unit vectors (cosine geometry).

    Mini-batches keep 3000 clusters of wide vectors affordable, and each centre is updated by one thread,
    so that the numbers do not depend on how the threads run.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.preprocessing import normalize

    kmeans = MiniBatchKMeans(n_clusters=clusters, random_state=seed, n_init=1)
    return [int(number) for number in kmeans.fit_predict(normalize(vectors))]


if __name__ == "__main__":
    cli.run(main, parser())
