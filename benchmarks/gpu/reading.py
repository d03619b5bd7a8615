"""Ratings and perplexities per second on a GPU, in batches, beside one row after the other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import perplexity, prefixes, requests
from benchmarks.comparing import rates
from benchmarks.gpu.limits import middle, share_of_operations
from benchmarks.results import Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Side, Task, Work, alternate
from benchmarks.streaming import Places
from scripts.isheep.assessment import read_templates
from scripts.lib.engines.requests import Request
from scripts.lib.rows.measures import text_of

ROWS_RATED = 200
ROWS_MEASURED = 400
LEAST_RATIO = 3.0


def measure_choices(setup: Setup) -> Report:
    """Compare ratings, each the probabilities of ten scores, with a pass of the model for each prompt."""
    templates = read_templates(prefixes.TEMPLATES)
    rows = prefixes.rows_to_rate(setup.model, templates, setup.size(ROWS_RATED))
    arguments = (setup.model, prefixes.ratings(templates, rows), setup.how)
    tasks = Task(prefixes.scored, arguments, [len(rows)]), Task(prompt_by_prompt, arguments, [len(rows)])
    sides = alternate(*tasks, setup.rounds, setup.log)
    report = rates("gpu_choices", "ratings", "ratings", sides, bar=LEAST_RATIO, size="rows")
    for name, side in zip(("ours", "reference"), sides, strict=True):
        used = middle(side, lambda run: share_of_operations(setup, run.counted["computed"], run.wall))
        what = f"bf16 operations used, padding included: {name}"
        report.facts.append(Fact("gpu_choices", what, used, "%"))
    report.facts.append(_difference(*sides))
    return report


def _difference(ours: Side, reference: Side) -> Fact:
    """Return how far the probabilities of the one-digit scores are apart at most, of those that begin no other."""
    pairs = zip(*(side.largest[0].counted["probabilities"] for side in (ours, reference)), strict=True)
    furthest = max(abs(mine[score] - theirs[score]) for mine, theirs in pairs for score in theirs)
    return Fact("gpu_choices", "largest difference of a score's probability between both", furthest)


def prompt_by_prompt(model: Path, asked: Sequence[Request], how: Computing) -> Work:
    """Return the work of rating with transformers as it comes: one pass for each prompt, and what it says next.

    Only scores that are one token, and begin no other, can be read from it: 2 to 9.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(how.threads)
    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=how.dtype, device_map=how.torch_device).eval()
    digits = {digit: tokenizer(digit, add_special_tokens=False).input_ids[-1] for digit in "23456789"}

    def rate(request: Request) -> dict[str, float]:
        ids = tokenizer(request.prompt, return_tensors="pt").input_ids.to(how.torch_device)
        with torch.inference_mode():
            last = loaded(ids).logits[0, -1]
        probabilities = last.double().softmax(dim=-1).tolist()
        return {digit: probabilities[token] for digit, token in digits.items()}

    rate(asked[0])
    places = Places(loaded.get_input_embeddings())

    def work(size: int) -> dict[str, Any]:
        places.reset()
        probabilities = [rate(request) for request in asked]
        return {"ratings": len(asked), "probabilities": probabilities, "computed": places.count}

    return work


def measure_perplexity(setup: Setup) -> Report:
    """Compare rows measured per second, and the values."""
    size = setup.size(ROWS_MEASURED)
    rows = requests.fitting_rows(setup.model, size, perplexity.LONGEST_TASK)
    texts = [text_of(row, "pair")[: perplexity.LONGEST_PAIR] for row in rows]
    arguments = (setup.model, texts, setup.how)
    tasks = Task(perplexity.batched, arguments, [size]), Task(perplexity.row_by_row, arguments, [size])
    sides = alternate(*tasks, setup.rounds, setup.log)
    report = rates("gpu_perplexity", "rows measured", "rows", sides, bar=LEAST_RATIO, size="rows")
    for name, side in zip(("ours", "reference"), sides, strict=True):
        used = middle(side, lambda run: share_of_operations(setup, run.counted["tokens"], run.wall))
        report.facts.append(Fact("gpu_perplexity", f"model-flops utilisation: {name}", used, "%"))
    pairs = zip(*(side.largest[0].counted["nll"] for side in sides), strict=True)
    furthest = max(abs(mine - theirs) for mine, theirs in pairs)
    what = "largest difference of a row's mean NLL between both"
    report.facts.append(Fact("gpu_perplexity", what, furthest, "nats", most=0.05))
    return report
