"""Which order of a rating's prompt the prefix cache of vLLM can use: the rubric first, or the row first."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import requests
from benchmarks.comparing import rates
from benchmarks.results import Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Task, Work, alternate
from benchmarks.streaming import load_vllm
from scripts.lib.loading import load_tokenizer
from scripts.lib.prompting import read_template
from scripts.lib.ratings import CRITERIA, rating_prompt

TEMPLATES = Path("config/prompts/assessment/combined")
ROW = "Instruction:\n{{instruction}}\n\nResponse:\n{{response}}\n"
LONGEST_PROMPT = 1000


def measure(setup: Setup) -> Report:
    """Compare ratings per second in both orders, and what each finds in the cache."""
    if not find_spec("vllm"):
        return Report()
    sizes = [setup.size(200)]
    templates = [read_template(TEMPLATES / f"{name}.txt", "instruction", "response") for name in CRITERIA]
    row_first = [ROW + "\n" + template.replace(ROW, "") for template in templates]
    tokenizer = load_tokenizer(setup.model)
    rows = [
        row
        for row in requests.fitting_rows(setup.model, 10 * sizes[0])
        if max(len(tokenizer(rating_prompt(template, row)).input_ids) for template in templates) < LONGEST_PROMPT
    ][: sizes[0]]
    tasks = [
        Task(rated, (setup.model, [rating_prompt(each, row) for row in rows for each in order]), sizes)
        for order in (templates, row_first)
    ]
    sides = alternate(tasks[0], tasks[1], setup.rounds, setup.log)
    what = "with vLLM, rubric first (ours) or row first (reference): ratings"
    report = rates("prompt order", what, "ratings", sides, bar=None, size="ratings")
    for name, side in zip(("rubric first", "row first"), sides, strict=True):
        what = f"prompt tokens found in the prefix cache, {name}"
        report.facts.append(Fact("prompt order", what, side.largest[0].counted["cached"], "%"))
    return report


def rated(model: Path, prompts: Sequence[str]) -> Work:
    """Return the work of reading the prompts and writing one token after each."""
    from vllm import SamplingParams

    llm = load_vllm(model)
    one = SamplingParams(max_tokens=1, temperature=0.0)
    llm.generate(list(prompts[:2]), one, use_tqdm=False)

    def work(size: int) -> dict[str, Any]:
        llm.reset_prefix_cache()
        outputs = llm.generate(list(prompts), one, use_tqdm=False)
        read = sum(len(output.prompt_token_ids) for output in outputs)
        return {
            "ratings": len(prompts),
            "cached": 100 * sum(output.num_cached_tokens or 0 for output in outputs) / read,
        }

    return work
