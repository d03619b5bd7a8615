"""Run a model over requests: texts, probabilities of choices, or perplexities; resumable after any kill.

    python -m scripts.complete --requests requests.jsonl --model results/tiny/iter0/merged/manifest.json \\
        --journal work/journal.jsonl --output completions.jsonl

A request is a row: {"id", "task": "generate", "prompt", "max_tokens", "temperature", "top_p", "stop",
"until", "seed"}, or {"id", "task": "score", "prompt", "choices", "shared"}, or {"id", "task": "perplexity",
"prompt", "continuation"}. Finished rows go to the journal as they come; the same command takes them from there
after a kill. With the transformers engine the rows are the same bytes whatever the number of shards
and kills; vllm composes its own batches, and is so only with VLLM_BATCH_INVARIANT=1 on a GPU.
"""

import argparse
import logging
from pathlib import Path

from scripts.lib import cli
from scripts.lib.engines import ENGINES, open_engine
from scripts.lib.engines.base import EngineSettings
from scripts.lib.engines.journal import Shard, complete, parse_shard
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.models.loading import DTYPES
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row, write_rows

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--requests", type=Path, required=True, help="JSONL of requests")
    add("--model", type=Path, required=True, help="manifest.json of the model, or its folder")
    add("--engine", choices=ENGINES, default="auto", help="auto: vllm where a GPU and vllm are present")
    add(
        "--shard",
        type=parse_shard,
        default=Shard(1, 1),
        help="which part of the work is ours, such as 2-of-5",
    )
    add(
        "--journal",
        type=Path,
        required=True,
        help="keeps finished rows, for a job that is run again",
    )
    add("--output", type=Path, required=True, help="JSONL of results, one per request of this shard")
    add("--dtype", choices=DTYPES, default="float32", help="number format of the weights")
    add("--cpu-threads", type=int, default=1, help="threads on a CPU; results depend on it")
    add("--batch-tokens", type=int, default=16384, help="transformers: tokens in one batch, padding included")
    add("--gpus", type=int, default=1, help="vllm: GPUs that one engine is spread over")
    add(
        "--eager",
        action="store_true",
        help="vllm: no compilation, no CUDA graphs; starts sooner, runs slower",
    )
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the results of this shard."""
    requests = list(read_requests(args.requests))
    rows = results(args, requests) if requests else []
    write_rows(args.output, rows)
    cli.say_where(args.output, f"{len(rows)} completions of {len(requests)} requests (shard {args.shard})")


def results(args: argparse.Namespace, requests: list[Request]) -> list[Row]:
    """Return the result rows of this shard."""
    manifest = load_manifest(args.model)
    settings = EngineSettings(
        dtype=args.dtype,
        cpu_threads=args.cpu_threads,
        batch_tokens=args.batch_tokens,
        gpus=max(1, args.gpus),
        eager=args.eager,
    )
    engine = open_engine(args.engine, manifest, settings)
    described = ", ".join(f"{name} {value}" for name, value in engine.identity().items())
    log.info("%s (%s)", described, "reproducible" if engine.reproducible else "not reproducible to the byte")
    return complete(engine, manifest.fingerprint, requests, args.shard, args.journal)


if __name__ == "__main__":
    cli.run(main, parser())
