"""What the prompts of ratings begin with alike: read once by transformers, found in its prefix cache by vLLM."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import requests
from benchmarks.comparing import rates
from benchmarks.results import Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Task, Work, alternate
from benchmarks.streaming import Places, load_vllm
from scripts.isheep.assessment import CRITERIA, rating_prompt, read_templates, score_request
from scripts.lib.engines.requests import Request
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row

TEMPLATES = [Path(f"config/prompts/assessment/combined/{criterion}.txt") for criterion in CRITERIA]
ROW = "Instruction:\n{{instruction}}\n\nResponse:\n{{response}}\n"
LONGEST_PROMPT = 1000


def measure(setup: Setup) -> Report:
    """Compare ratings per second with and without shared beginnings, and in both orders of the prompt."""
    rubric_first = read_templates(TEMPLATES)
    orders = {
        "rubric first": rubric_first,
        "row first": {name: ROW + "\n" + template.replace(ROW, "") for name, template in rubric_first.items()},
    }
    rows = rows_to_rate(setup.model, rubric_first, setup.size(200))
    report = Report()
    for name, templates in orders.items():
        shared, whole = (ratings(templates, rows, shared=shared) for shared in (True, False))
        tasks = [Task(scored, (setup.model, asked, setup.how), [len(rows)]) for asked in (shared, whole)]
        sides = alternate(tasks[0], tasks[1], setup.rounds, setup.log)
        what = f"transformers, {name}: beginnings read once (reference: with every prompt), ratings"
        report.add(rates("prefixes", what, "ratings", sides, bar=None, size="rows"))
    if find_spec("vllm"):
        report.add(_vllm(setup, orders, rows))
    return report


def _vllm(setup: Setup, orders: Mapping[str, Mapping[str, str]], rows: Sequence[Row]) -> Report:
    """Compare both orders of the prompt with vLLM, and what each finds in the cache."""
    tasks = [
        Task(cached, (setup.model, [request.prompt for request in ratings(templates, rows)], setup.how), [len(rows)])
        for templates in orders.values()
    ]
    sides = alternate(tasks[0], tasks[1], setup.rounds, setup.log)
    what = f"vllm, {' (reference: '.join(orders)}), ratings"
    report = rates("prefixes", what, "ratings", sides, bar=None, size="rows")
    for name, side in zip(orders, sides, strict=True):
        what = f"vllm, {name}: prompt tokens found in the prefix cache"
        report.facts.append(Fact("prefixes", what, side.largest[0].counted["cached"], "%"))
    return report


def rows_to_rate(model: Path, templates: Mapping[str, str], count: int) -> list[Row]:
    """Return rows whose prompts for a rating the model's context holds."""
    tokenizer = load_tokenizer(model)
    return [
        row
        for row in requests.fitting_rows(model, 10 * count)
        if max(len(tokenizer(rating_prompt(each, row).text).input_ids) for each in templates.values()) < LONGEST_PROMPT
    ][:count]


def ratings(templates: Mapping[str, str], rows: Sequence[Row], *, shared: bool = True) -> list[Request]:
    """Return the requests for the ratings of rows, both criteria of a row one after the other."""
    asked = [score_request(templates, criterion, row) for row in rows for criterion in templates]
    return asked if shared else [replace(request, shared=0) for request in asked]


def scored(model: Path, asked: Sequence[Request], how: Computing) -> Work:
    """Return the work of scoring requests with our transformers engine."""
    from scripts.lib.engines.transformers import TransformersEngine

    engine = TransformersEngine(load_manifest(model), how.engine())
    list(engine.run([(asked[0],)]))
    places = Places(engine._model.get_input_embeddings())

    def work(size: int) -> dict[str, Any]:
        places.reset()
        rows = {row["id"]: row["probabilities"] for _, unit in engine.run(engine.plan(asked)) for row in unit}
        probabilities = [rows[request.id] for request in asked]
        return {"ratings": len(rows), "probabilities": probabilities, "computed": places.count}

    return work


def cached(model: Path, prompts: Sequence[str], how: Computing) -> Work:
    """Return the work of reading the prompts with vLLM and writing one token after each."""
    from vllm import SamplingParams

    llm = load_vllm(model, how)
    one = SamplingParams(max_tokens=1, temperature=0.0)
    llm.generate(list(prompts[:2]), one, use_tqdm=False)

    def work(size: int) -> dict[str, Any]:
        llm.reset_prefix_cache()
        outputs = llm.generate(list(prompts), one, use_tqdm=False)
        read = sum(len(output.prompt_token_ids) for output in outputs)
        found = sum(output.num_cached_tokens or 0 for output in outputs)
        return {"ratings": len(prompts), "cached": 100 * found / read}

    return work
