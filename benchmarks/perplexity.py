"""Perplexities in batches of like length beside one row at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import requests
from benchmarks.comparing import rates
from benchmarks.results import Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Task, Work, alternate
from scripts.lib.engines import open_engine
from scripts.lib.engines.requests import Request
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import plain_text
from scripts.lib.rows.measures import text_of

LONGEST_TASK = 256
"""Tokens; with its output cut to what is left, a row then fits into a model of 1,024 tokens."""
LONGEST_PAIR = 2000
"""Characters of a row's text."""


def measure(setup: Setup) -> Report:
    """Compare rows measured per second, and the values."""
    sizes = setup.sizes(60, 200, 600)
    rows = requests.fitting_rows(setup.model, max(sizes), LONGEST_TASK)
    arguments = (setup.model, [text_of(row, "pair")[:LONGEST_PAIR] for row in rows], setup.how)
    sides = alternate(Task(batched, arguments, sizes), Task(row_by_row, arguments, sizes), setup.rounds, setup.log)
    report = rates("perplexity", "rows measured", "rows", sides, bar=None, size="rows")
    values = [side.largest[0].counted["nll"] for side in sides]
    furthest = max(abs(first - second) for first, second in zip(*values, strict=True))
    what = "largest difference of a row's mean NLL between both"
    report.facts.append(Fact("perplexity", what, furthest, "nats", most=1e-3))
    return report


def batched(model: Path, texts: Sequence[str], how: Computing) -> Work:
    """Return the work of measuring the first texts with our transformers engine."""
    engine = open_engine("transformers", load_manifest(model), how.engine())

    def work(size: int) -> dict[str, Any]:
        asked = [
            Request(f"{place:06d}", "perplexity", text, plain=plain_text(text).plain)
            for place, text in enumerate(texts[:size])
        ]
        rows = {row["id"]: row for _, unit in engine.run(engine.plan(asked)) for row in unit}
        tokens = sum(1 + row["tokens"] for row in rows.values())
        return {"rows": size, "nll": [rows[request.id]["nll"] for request in asked], "tokens": tokens}

    work(1)
    return work


def row_by_row(model: Path, texts: Sequence[str], how: Computing) -> Work:
    """Return the work of measuring the first texts with transformers, one forward pass and its own loss for each."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(how.threads)
    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=how.dtype, device_map=how.torch_device).eval()

    def work(size: int) -> dict[str, Any]:
        nlls, tokens = [], 0
        for text in texts[:size]:
            # As our engine: what exceeds the context is cut off.
            ids = tokenizer(text, return_tensors="pt").input_ids[:, : loaded.config.max_position_embeddings - 1]
            ids = ids.to(how.torch_device)
            tokens += ids.numel()
            with torch.inference_mode():
                nlls.append(loaded(ids, labels=ids).loss.item())
        return {"rows": size, "nll": nlls, "tokens": tokens}

    work(1)
    return work
