"""Run a model over requests: texts, probabilities of choices and continuations, perplexities; resumable after any kill.

    python -m scripts.complete --requests requests.jsonl --model results/tiny/iter0/merged/manifest.json \\
        --journal work/journal --output completions.jsonl

A request is a row: {"id", "task": "generate", "prompt", "max_tokens", "temperature", "top_p", "stop",
"until", "seed"}, or {"id", "task": "score", "prompt", "choices", "shared"}, or {"id", "task": "perplexity",
"prompt"}, or {"id", "task": "loglikelihood", "prompt", "continuations"}; each may name its "template". One to generate
may also have "forbidden", "never_ends", "ngram_penalties" and "penalized": see scripts/lib/engines/requests.py. A
completion says under "made_by" what made it: model, engine, versions, number format, device, template, seed, and
whether the same bytes would come again.

Finished rows go to the journal as they come; the same command takes them from there after a kill, in however many
shards. With the transformers engine the rows are the same bytes whatever the number of shards and kills; vllm
composes its own batches, and is so only with VLLM_BATCH_INVARIANT=1 on a GPU.
"""

import argparse
import logging
from collections.abc import Iterator

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Engine
from scripts.lib.engines import ENGINES, open_engine
from scripts.lib.engines.base import EngineSettings
from scripts.lib.engines.journal import Shard, complete, parse_shard
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.run.attempts import attempt
from scripts.lib.run.claims import INPUT, JOURNAL, MODEL, OUTPUT

log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--requests", type=INPUT, required=True, help="JSONL of requests")
    add("--model", type=MODEL, required=True, help="manifest.json of the model, or its folder")
    add("--engine", choices=ENGINES, default="auto", help="auto: vllm where a GPU and vllm are present")
    add(
        "--shard",
        type=parse_shard,
        default=Shard(1, 1),
        help="which part of the work is ours, such as 2-of-5",
    )
    add(
        "--journal",
        type=JOURNAL,
        required=True,
        help="folder that keeps finished rows, for jobs that are run again, in however many shards",
    )
    add("--output", type=OUTPUT, required=True, help="JSONL of results, one per request of this shard")
    add_options(parser, Engine, "dtype", "cpu_threads", "batch_tokens", "gpus", "eager")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the results of this shard."""
    requests = list(read_requests(args.requests))
    count = write_rows(args.output, results(args, requests) if requests else [])
    cli.say_where(args.output, f"{count} completions of {len(requests)} requests (shard {args.shard})")


def results(args: argparse.Namespace, requests: list[Request]) -> Iterator[Row]:
    """Return the result rows of this shard, all of them computed."""
    manifest = load_manifest(args.model)
    settings = EngineSettings(
        dtype=args.dtype,
        cpu_threads=args.cpu_threads,
        batch_tokens=args.batch_tokens,
        gpus=args.gpus,
        eager=args.eager,
    )
    with attempt(args.journal, args.gpus, args.cpu_threads):
        engine = open_engine(args.engine, manifest, settings)
        described = ", ".join(f"{name} {value}" for name, value in engine.identity().items())
        log.info("%s (%s)", described, "reproducible" if engine.reproducible else "not reproducible to the byte")
        return complete(engine, manifest.fingerprint, requests, args.shard, args.journal)


if __name__ == "__main__":
    cli.run(main, parser())
